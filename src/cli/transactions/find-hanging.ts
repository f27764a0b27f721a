import { javaComputedOrder, javaHashOrder } from "../../base/java-hash.ts";
import { type GivenArguments } from "../arguments/given-arguments.ts";
import { type Admin } from "../client/admin/admin.ts";
import { KafkaError } from "../client/kafka-error.ts";
import { type ProducerState, type TransactionDescription } from "../client/admin/transaction-admin.ts";
import { type TopicPartition } from "../client/topic-partition.ts";
import { partitionHash } from "../command/java-hash-order.ts";
import { prettyTable } from "../command/pretty-table.ts";
import { type TellDone } from "../command/status-line.ts";
import { type Terminal } from "../command/terminal.ts";
import { Errors } from "../../protocol/errors.ts";
import { attempt, FailedAction } from "./failed-action.ts";

interface OpenTransaction extends TopicPartition {
  readonly producer: ProducerState;
}

const headers = [
  "Topic",
  "Partition",
  "ProducerId",
  "ProducerEpoch",
  "CoordinatorEpoch",
  "StartOffset",
  "LastTimestamp",
  "Duration(min)",
];
const batchSize = 500;
const minuteMs = 60_000;
const timeoutMinutes = 15;
const topicLimit = 2_000;

/** Prints the transactions that are open for longer than any may be, and that no coordinator will end. */
export async function findHanging(admin: Admin, given: GivenArguments, terminal: Terminal): Promise<void> {
  const brokerId = given.number("broker-id");
  const topic = given.text("topic");
  if (topic === undefined && brokerId === undefined) {
    throw new FailedAction(
      "The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search",
    );
  }
  const partition = given.number("partition");
  if (partition !== undefined && topic === undefined)
    throw new FailedAction("The --partition argument requires --topic to be provided");
  const ageMs = (given.number("max-transaction-timeout") ?? timeoutMinutes) * minuteMs;
  const partitions =
    topic !== undefined && partition !== undefined
      ? [{ topic, partition }]
      : await partitionsToSearch(admin, topic, brokerId, terminal);
  const work = { what: "Looking for hanging transactions", total: partitions.length, unit: "partitions" };
  const candidates = await terminal.track(work, async (tell) => {
    const found: OpenTransaction[] = [];
    for (let from = 0; from < partitions.length; from += batchSize) {
      const batch = partitions.slice(from, from + batchSize);
      found.push(...(await openTransactions(admin, batch, brokerId, ageMs, (done) => tell(from + done))));
    }
    return found;
  });
  const hanging = candidates.length === 0 ? [] : await withoutCoordinator(admin, candidates);
  const now = admin.nowMs();
  const rows = hanging.map(({ topic: name, partition: index, producer }) => [
    name,
    String(index),
    String(producer.producerId),
    String(producer.producerEpoch),
    String(Math.max(producer.coordinatorEpoch, -1)),
    String(producer.currentTxnStartOffset),
    String(producer.lastTimestamp),
    String(Math.trunc((now - producer.lastTimestamp) / minuteMs)),
  ]);
  terminal.print(prettyTable(headers, rows));
}

async function partitionsToSearch(
  admin: Admin,
  topic: string | undefined,
  brokerId: number | undefined,
  terminal: Terminal,
): Promise<TopicPartition[]> {
  const all = topic === undefined ? await attempt("Failed to list topics", () => admin.topics.list()) : [];
  const names = topic === undefined ? all.map(({ name }) => name) : [topic];
  return terminal.track({ what: "Describing topics", total: names.length, unit: "topics" }, async (tell) => {
    const found: TopicPartition[] = [];
    for (let from = 0; from < names.length; from += batchSize) {
      const batch = names.slice(from, from + batchSize);
      const described = await attempt(`Failed to describe ${batch.length} topics`, () =>
        admin.topics.describe(batch, topicLimit),
      );
      for (const { name, partitions } of described) {
        for (const { index, replicas } of partitions) {
          if (brokerId === undefined || replicas.includes(brokerId)) found.push({ topic: name, partition: index });
        }
      }
      await tell(from + batch.length);
    }
    return found;
  });
}

/** In the order of the Java tool's map. */
async function openTransactions(
  admin: Admin,
  partitions: readonly TopicPartition[],
  brokerId: number | undefined,
  ageMs: number,
  tell: TellDone,
): Promise<OpenTransaction[]> {
  const broker = brokerId === undefined ? "Optional.empty" : `Optional[${brokerId}]`;
  const ordered = javaHashOrder(partitions, partitionHash, partitions.length);
  let done = 0;
  const states = await attempt(
    `Failed to describe producers for ${partitions.length} partitions on broker ${broker}`,
    () =>
      Promise.all(
        ordered.map(async (where) => {
          const producers = await admin.transactions.describeProducers(where, brokerId);
          await tell(++done);
          return producers;
        }),
      ),
  );
  const now = admin.nowMs();
  return ordered.flatMap((where, index) =>
    (states[index] ?? [])
      .filter((producer) => producer.currentTxnStartOffset >= 0 && now - producer.lastTimestamp > ageMs)
      .map((producer) => ({ ...where, producer })),
  );
}

/** Those whose coordinator does not know of them. */
async function withoutCoordinator(admin: Admin, candidates: readonly OpenTransaction[]): Promise<OpenTransaction[]> {
  const producerIds = javaComputedOrder(
    [...new Set(candidates.map(({ producer }) => producer.producerId))],
    javaLongHash,
  );
  const listings = await attempt(`Failed to list transactions for ${producerIds.length} producers`, () =>
    admin.transactions.list({ producerIds }),
  );
  const idOf = new Map(listings.map(({ producerId, transactionalId }) => [producerId, transactionalId]));
  const descriptions = await attempt(`Failed to describe ${idOf.size} transactions`, () =>
    Promise.all([...idOf.values()].map(async (id) => [id, await describedOrGone(admin, id)] as const)),
  );
  const descriptionOf = new Map(descriptions);
  return producerIds.flatMap((producerId) => {
    const description = descriptionOf.get(idOf.get(producerId) ?? "");
    return candidates.filter(
      (candidate) =>
        candidate.producer.producerId === producerId &&
        !description?.partitions.some(
          ({ topic, partition }) => topic === candidate.topic && partition === candidate.partition,
        ),
    );
  });
}

async function describedOrGone(admin: Admin, id: string): Promise<TransactionDescription | undefined> {
  try {
    return await admin.transactions.describe(id);
  } catch (error) {
    if (error instanceof KafkaError && error.code === Errors.TRANSACTIONAL_ID_NOT_FOUND) return undefined;
    throw error;
  }
}

/** Java's hash of a long. */
function javaLongHash(value: number): number {
  return Number(BigInt.asIntN(32, BigInt(value) ^ (BigInt(value) >> 32n)));
}
