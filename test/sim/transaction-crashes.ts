import { decodeTransactionRecord } from "../../src/coordinator/transaction/transaction-records.ts";
import { type TransactionStatus } from "../../src/coordinator/transaction/transaction-status.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../src/protocol/records/record-iterator.ts";
import { type Partition } from "../../src/replication/partition.ts";
import { BrokerWorld } from "./broker-world.ts";
import { CommittedReader } from "./committed-reader.ts";
import { FixedInput, inputTopic } from "./input-source.ts";
import { TransactionLedger } from "./transaction-ledger.ts";
import { outputPartitions, TransactionWorker } from "./transaction-worker.ts";
import { demand, demandEqual } from "./violation.ts";

const outputTopic = { name: "out", id: "AAAAAAAAAAAAAAAAAAAAAg", partitions: outputPartitions };

export interface CrashOptions {
  readonly transactionVersion: number;
  /** The change of the disk at which the broker dies; none: it does not. */
  readonly cutAt?: number;
  /** How much of a write arrives before it dies. */
  readonly portion?: (sizeBytes: number) => number;
}

/**
 * One worker's transactions, and a broker that dies at one change of its disk: with the next start, before any client is
 * back, what was decided is done in all partitions and in the group's offsets, and nothing else. Then the worker goes on.
 * Returns how many changes there were while all went well.
 */
export async function crashTransactions({ transactionVersion, cutAt, portion }: CrashOptions): Promise<number> {
  const world = new BrokerWorld(11, { topics: [inputTopic, outputTopic], transactionVersion });
  const ledger = new TransactionLedger([8, 0, 0]);
  await world.boot(false);
  const before = world.operations;
  if (cutAt !== undefined) world.disk.cutAfter(cutAt, portion);
  world.isReliable = true;
  const worker = new TransactionWorker("w0", "t0", new FixedInput(0, world, ledger), world, ledger);
  world.run(worker, () => worker.run());
  for (let step = 0; world.runningCount > 0 && world.disk.isOn; step++) {
    await world.step();
    await world.advance(5);
  }
  const operations = world.operations - before;
  if (world.disk.isOn) return operations;
  world.end(false);
  // What the worker asked for is not answered: it may still be told so.
  await world.settle();
  await world.boot(false);
  await checkDecisions(world, ledger);
  await world.finish(
    () => ledger.isDone && world.runningCount === 0,
    () => Promise.resolve(),
  );
  await world.advance(150_000);
  for (const record of committed(world)) ledger.read(record);
  ledger.conclude();
  return operations;
}

/** The start alone must do it. */
async function checkDecisions(world: BrokerWorld, ledger: TransactionLedger): Promise<void> {
  const { replicas, transactions, groups } = world.broker!;
  const statuses = statusesIn(replicas.partition("__transaction_state", 0)!);
  await world.advance(1_000);
  const decisions = statuses.filter((status) => status === "PrepareCommit" || status === "PrepareAbort");
  const keys = ledger.ended();
  // A decision that was not written is one that nobody has made.
  demand(decisions.length <= keys.length && decisions.length >= keys.length - 1, () => "decisions are missing");
  const isOpen = statuses.at(-1) === "Ongoing";
  const expected = new Set(keys.filter((_, index) => decisions[index] === "PrepareCommit"));
  const written = new Map<string, string[]>();
  for (let index = 0; index < outputPartitions; index++) {
    const partition = replicas.partition("out", index)!;
    for (const { key, value } of recordsIn(partition)) written.set(key, [...(written.get(key) ?? []), value]);
    const { lastStableOffset, writtenOffset } = partition.log;
    demand(isOpen || lastStableOffset === writtenOffset, () => `out-${index}: a transaction is open that is decided`);
  }
  const values = [...expected].flatMap((key) => written.get(key) ?? []).sort();
  const read = committed(world);
  demandEqual(read.map(({ value }) => value).sort(), values, "what committed readers see after the start");
  const [listed] =
    transactions.listTransactions({
      stateFilters: [],
      producerIdFilters: [],
      durationFilter: -1,
      transactionalIdPattern: null,
    }).transactionStates ?? [];
  const last = statuses.at(-1);
  const completed = last?.replace("Prepare", "Complete");
  demandEqual(listed?.transactionState, completed, "the transaction's state after the start");
  const request = {
    groupId: "g",
    memberId: null,
    memberEpoch: -1,
    topics: [{ name: "in", topicId: inputTopic.id, partitionIndexes: [0] }],
  };
  const fetching = groups.fetchOffsets(request, false);
  await world.settle();
  const fetched = await fetching;
  demand(fetched.ok, () => "the group's offsets cannot be told");
  const offset = fetched.response.topics?.[0]?.partitions?.[0]?.committedOffset ?? -1;
  // Offsets and data are committed together: the inputs before the offset are those whose outputs are there.
  demandEqual(Math.max(0, offset), values.length, "the group's offset after the start");
}

function committed({ broker }: BrokerWorld) {
  return Array.from({ length: outputPartitions }, (_, index) =>
    new CommittedReader().read(broker!.replicas.partition("out", index)!, 700),
  ).flat();
}

function* recordsIn({ log }: Partition): Generator<{ key: string; value: string }> {
  for (const { key, value } of everything(log)) yield { key: key?.toString() ?? "", value: value?.toString() ?? "" };
}

function* everything(log: Partition["log"]): Generator<{ key: Buffer | null; value: Buffer | null }> {
  for (let offset = log.logStartOffset; offset < log.writtenOffset;) {
    const read = log.read(offset, 100_000, log.writtenOffset, true);
    demand(read.ok && read.records.length > 0, () => `${log.name} cannot be read at ${offset}`);
    for (const batch of batches(read.records)) if (!batch.isControl) yield* recordsOf(batch, payloadOf(batch));
    offset = read.endOffset;
  }
}

/** All that the transactional id went through. */
function statusesIn({ log }: Partition): TransactionStatus[] {
  const statuses: TransactionStatus[] = [];
  for (const { key, value } of everything(log)) {
    const record = decodeTransactionRecord(key!, value);
    const status = record?.transaction?.status;
    if (status !== undefined) statuses.push(status);
  }
  return statuses;
}
