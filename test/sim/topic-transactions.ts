import { type Offset } from "../../src/base/brand.ts";
import { type Log } from "../../src/log/log.ts";
import { errorName, Errors } from "../../src/protocol/errors.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { type Partition } from "../../src/replication/partition.ts";
import { CommittedReader } from "./committed-reader.ts";
import { transactionsOf } from "./compaction-check.ts";
import { recordsWithin } from "./gzip-batches.ts";
import { readWhole } from "./log-checks.ts";
import { type PartitionModel, producersOf, splitBatches } from "./log-model.ts";
import { rootOf } from "./log-world.ts";
import { type Draw } from "./memory-file.ts";
import { type SimulatedTopic } from "./simulated-cluster.ts";
import { producerName } from "./topic-appends.ts";
import { firstTransactional } from "./topic-batches.ts";
import { type TopicWorld } from "./topic-world.ts";
import { demand, demandEqual } from "./violation.ts";

/** A coordinator ends one of the transactions that are open in a partition. */
export async function endTransaction(world: TopicWorld, topic: SimulatedTopic): Promise<void> {
  const { draw, broker, ledger, appends, disk, counts } = world;
  if (broker === undefined) return;
  const index = draw(2) === 0 ? 0 : draw(topic.partitions);
  world.observeMoves();
  const partition = broker.lookup.leaderByName(topic.name, index);
  if (typeof partition === "number") return;
  const { topicId, log } = partition;
  const known = ledger.logIn(topicId, index, rootOf(log.dir));
  const { model } = known;
  const open = [...producersOf(model.batches).producers].filter(
    ([id, { transactionFirstOffset }]) =>
      id >= firstTransactional && transactionFirstOffset >= 0 && !appends.isBusy(producerName(topicId, index, id)),
  );
  const chosen = open[draw(Math.max(1, open.length))];
  if (chosen === undefined) return;
  const [producerId, { epoch, coordinatorEpoch, transactionFirstOffset }] = chosen;
  const transaction = `${producerId} from ${transactionFirstOffset}`;
  // A marker that is lost comes again; what its coordinator has decided stays.
  const isAbort = model.decisions.get(transaction) ?? draw(2) === 0;
  model.decisions.set(transaction, isAbort);
  const before = model.batches.length;
  const answering = broker.writeMarker({
    producerId,
    // Since transaction.version 2, which the requests to produce speak of, each transaction has its own epoch.
    producerEpoch: epoch + 1,
    coordinatorEpoch: Math.max(0, coordinatorEpoch) + (draw(5) === 0 ? 1 : 0),
    transactionResult: !isAbort,
    transactionVersion: 2,
    topics: [{ name: topic.name, partitionIndexes: [index] }],
  });
  const marker = model.batches[before];
  const what = `${isAbort ? "abort" : "commit"} ${transaction} in ${topic.name}-${index}`;
  world.trace(what);
  const errorCode = await answering;
  if (!disk.isOn || broker !== world.broker) return;
  world.trace(`${what}: ${errorName(errorCode)}`);
  if (errorCode !== Errors.NONE) {
    return demand(possible.has(errorCode), () => `${what} is refused: ${errorName(errorCode)}`);
  }
  demand(marker !== undefined, () => `${what} is acknowledged, and there is no marker`);
  counts.note(isAbort ? "transactions aborted" : "transactions committed");
  known.acknowledge(marker, world.logConfig.flushMessages);
}

/** What a coordinator may hear, and then tries again. */
const possible: ReadonlySet<number> = new Set([
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.KAFKA_STORAGE_ERROR,
  Errors.UNKNOWN_TOPIC_OR_PARTITION,
  Errors.REQUEST_TIMED_OUT,
]);

/** Those who want committed records alone get these, all that are there, and no others. */
export function checkCommitted(partition: Partition, model: PartitionModel, draw: Draw): void {
  const { log } = partition;
  const { highWatermark, lastStableOffset, logStartOffset } = log;
  const opened = [...producersOf(model.batches).producers.values()]
    .map(({ transactionFirstOffset }) => transactionFirstOffset)
    .filter((offset) => offset >= 0);
  if (mayHaveLostBeginning(log, model, opened)) return;
  const stable = Math.max(logStartOffset, Math.min(Infinity, ...opened));
  demandEqual(lastStableOffset, Math.min(stable, highWatermark), `${log.dir}: last stable offset`);
  const transactions = transactionsOf(model.batches);
  const expected: (readonly [Offset, string, string])[] = [];
  for (const bytes of splitBatches(readWhole(log, draw, model.isCompacted))) {
    const batch = new BatchView(bytes, 0);
    const fate = transactions.get(batch.lastOffset)?.fate ?? "committed";
    if (batch.isControl || fate !== "committed") continue;
    for (const { offset, key, value } of recordsWithin(batch)) {
      const isThere = offset >= logStartOffset && offset < lastStableOffset;
      if (isThere) expected.push([offset, key?.toString() ?? "", value?.toString() ?? ""]);
    }
  }
  const read = new CommittedReader(logStartOffset).read(partition, 1 + draw(3_000));
  const actual = read.map(({ offset, key, value }) => [offset, key, value]);
  demandEqual(actual, expected, `${log.dir}: what readers of committed records get`);
}

/** Nobody knows any more what began before the first batch that is there. */
function mayHaveLostBeginning(
  log: Log,
  { hasLostSnapshots, isCopy }: PartitionModel,
  opened: readonly Offset[],
): boolean {
  const firstOffset = log.segmentSizes()[0]!.baseOffset;
  return (hasLostSnapshots || isCopy) && opened.some((offset) => offset < firstOffset);
}
