import { type GivenArguments } from "../arguments/given-arguments.ts";
import { type Admin } from "../client/admin/admin.ts";
import { type AbortSpec, describeAbort } from "../client/admin/transaction-admin.ts";
import { partitionName } from "../client/topic-partition.ts";
import { prettyTable } from "../command/pretty-table.ts";
import { type Terminal } from "../command/terminal.ts";
import { findHanging } from "./find-hanging.ts";
import { attempt, FailedAction } from "./failed-action.ts";
import { type TransactionsCommandName } from "./transactions-help.ts";

type Action = (admin: Admin, given: GivenArguments, terminal: Terminal) => Promise<void>;

/** What each command of kafka-transactions.sh does. */
export const transactionsActions: Readonly<Record<TransactionsCommandName, Action>> = {
  list: listTransactions,
  describe: describeTransaction,
  "describe-producers": describeProducers,
  abort: abortTransaction,
  "find-hanging": findHanging,
  forceTerminateTransaction: forceTerminate,
};

async function listTransactions(admin: Admin, given: GivenArguments, terminal: Terminal): Promise<void> {
  const filter = { durationMs: given.number("duration-filter"), idPattern: given.text("transactional-id-pattern") };
  const listings = await attempt("Failed to list transactions", () => admin.transactions.list(filter));
  const rows = listings.map(({ transactionalId, coordinatorId, producerId, state }) => [
    transactionalId,
    String(coordinatorId),
    String(producerId),
    state,
  ]);
  terminal.print(prettyTable(["TransactionalId", "Coordinator", "ProducerId", "TransactionState"], rows));
}

const descriptionHeaders = [
  "CoordinatorId",
  "TransactionalId",
  "ProducerId",
  "ProducerEpoch",
  "TransactionState",
  "TransactionTimeoutMs",
  "CurrentTransactionStartTimeMs",
  "TransactionDurationMs",
  "TopicPartitions",
];

async function describeTransaction(admin: Admin, given: GivenArguments, terminal: Terminal): Promise<void> {
  const id = given.text("transactional-id") ?? "";
  const found = await attempt(`Failed to describe transaction state of transactional-id \`${id}\``, () =>
    admin.transactions.describe(id),
  );
  const { startTimeMs } = found;
  const row = [
    String(found.coordinatorId),
    id,
    String(found.producerId),
    String(found.producerEpoch),
    found.state,
    String(found.timeoutMs),
    String(startTimeMs ?? "None"),
    startTimeMs === undefined ? "None" : String(admin.nowMs() - startTimeMs),
    found.partitions.map(partitionName).join(","),
  ];
  terminal.print(prettyTable(descriptionHeaders, [row]));
}

const producerHeaders = [
  "ProducerId",
  "ProducerEpoch",
  "LatestCoordinatorEpoch",
  "LastSequence",
  "LastTimestamp",
  "CurrentTransactionStartOffset",
];

async function describeProducers(admin: Admin, given: GivenArguments, terminal: Terminal): Promise<void> {
  const where = partitionOf(given);
  const brokerId = given.number("broker-id");
  const target = brokerId === undefined ? "leader" : `broker ${brokerId}`;
  const producers = await attempt(
    `Failed to describe producers for partition ${where.topic}-${where.partition} on ${target}`,
    () => admin.transactions.describeProducers(where, brokerId),
  );
  const rows = producers.map((producer) => [
    String(producer.producerId),
    String(producer.producerEpoch),
    String(Math.max(producer.coordinatorEpoch, -1)),
    String(producer.lastSequence),
    String(producer.lastTimestamp),
    producer.currentTxnStartOffset < 0 ? "None" : String(producer.currentTxnStartOffset),
  ]);
  terminal.print(prettyTable(producerHeaders, rows));
}

async function abortTransaction(admin: Admin, given: GivenArguments): Promise<void> {
  const spec = given.has("start-offset")
    ? await abortFromOffset(admin, given)
    : abortOfProducer(given, given.number("producer-id"));
  await attempt(`Failed to abort transaction ${describeAbort(spec)}`, () => admin.transactions.abort(spec));
}

function abortOfProducer(given: GivenArguments, producerId: number | undefined): AbortSpec {
  if (producerId === undefined) {
    throw new FailedAction(
      "The transaction to abort must be identified either with --start-offset (for brokers on 3.0 or above) or with --producer-id, --producer-epoch, and --coordinator-epoch (for older brokers)",
    );
  }
  const producerEpoch = given.number("producer-epoch");
  if (producerEpoch === undefined) throw new FailedAction("Missing required argument --producer-epoch");
  const coordinatorEpoch = given.number("coordinator-epoch");
  if (coordinatorEpoch === undefined) throw new FailedAction("Missing required argument --coordinator-epoch");
  // A producer whose first transaction hangs has had no marker, which shows as -1; no coordinator's epoch is below 0.
  return { ...partitionOf(given), producerId, producerEpoch, coordinatorEpoch: Math.max(coordinatorEpoch, 0) };
}

async function abortFromOffset(admin: Admin, given: GivenArguments): Promise<AbortSpec> {
  const where = partitionOf(given);
  const name = `${where.topic}-${where.partition}`;
  const startOffset = given.number("start-offset");
  const producers = await attempt(`Failed to validate producer state for partition ${name}`, () =>
    admin.transactions.describeProducers(where),
  );
  const found = producers.find((producer) => producer.currentTxnStartOffset === startOffset);
  if (found === undefined || found.currentTxnStartOffset < 0) {
    throw new FailedAction(
      `Could not find any open transactions starting at offset ${startOffset} on partition ${name}`,
    );
  }
  return {
    ...where,
    producerId: found.producerId,
    producerEpoch: found.producerEpoch,
    coordinatorEpoch: Math.max(found.coordinatorEpoch, 0),
  };
}

async function forceTerminate(admin: Admin, given: GivenArguments): Promise<void> {
  const id = given.text("transactionalId") ?? "";
  await attempt(`Failed to force terminate transactionalId \`${id}\``, () => admin.transactions.forceTerminate(id));
}

function partitionOf(given: GivenArguments): { topic: string; partition: number } {
  return { topic: given.text("topic") ?? "", partition: given.number("partition") ?? 0 };
}
