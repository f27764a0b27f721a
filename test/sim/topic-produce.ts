import { type Log } from "../../src/log/log.ts";
import { errorName, Errors } from "../../src/protocol/errors.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { modelBatch, type ModelBatch } from "./log-model.ts";
import { knownProducer, nextSequence } from "./log-producers.ts";
import { rootOf } from "./log-world.ts";
import { type Produced } from "./simulated-replicas.ts";
import { type KnownLog } from "./topic-ledger.ts";
import { type TopicWorld } from "./topic-world.ts";
import { demand, demandEqual } from "./violation.ts";

/** A topic as a client knows it. */
export interface ClientsTopic {
  readonly name: string;
  readonly id: string;
}

interface Target {
  readonly topic: ClientsTopic;
  readonly index: number;
  readonly isById: boolean;
  /** Of the topic that is meant: a name means the one that has it now. */
  readonly topicId: string;
  /** Undefined when there is none. */
  readonly log: Log | undefined;
}

function targetOf(world: TopicWorld, topic: ClientsTopic, index: number, isById: boolean): Target {
  const { broker, cluster } = world;
  world.observeMoves();
  const topicId = isById ? topic.id : (cluster.image.topics.byName.get(topic.name)?.id ?? topic.id);
  const isThere = cluster.image.topics.byId.get(topicId)?.partitions[index] !== undefined;
  const log = isThere ? broker?.replicas.partitionById(topicId, index)?.log : undefined;
  return { topic, index, isById, topicId, log };
}

/** Sends records, and looks at what the broker says; returns the error. */
export async function produceTo(
  world: TopicWorld,
  topic: ClientsTopic,
  index: number,
  isById: boolean,
): Promise<number> {
  const { ledger, time } = world;
  const target = targetOf(world, topic, index, isById);
  const { topicId, log } = target;
  const known = log && ledger.logIn(topicId, index, rootOf(log.dir));
  const records = drawnBatch(world, target, known);
  const before = log?.logEndOffset ?? 0;
  const answering = send(world, target, records);
  // It is in the log, or will never be, when the request is taken.
  const isAppended = log !== undefined && log.logEndOffset > before;
  let batch: ModelBatch | undefined;
  if (isAppended && known !== undefined) {
    const view = new BatchView(records, 0);
    view.setBaseOffset(before);
    view.setPartitionLeaderEpoch(world.broker?.replicas.partitionById(topicId, index)?.leaderEpoch ?? -1);
    batch = modelBatch(records, undefined, time.wallMs());
    known.model.append(batch);
  }
  const what = `produce to ${topic.name}-${index} of ${topicId}`;
  world.trace(what);
  const answer = await answering;
  if (answer === undefined) return Errors.NONE;
  world.trace(`${what}: ${errorName(answer.errorCode)} ${answer.baseOffset}`);
  if (answer.errorCode !== Errors.NONE) return answer.errorCode;
  demand(known !== undefined && batch !== undefined, () => `${what} was acknowledged, and there is none`);
  demandEqual(answer.baseOffset, batch.baseOffset, `${what}: offset`);
  known.acknowledge(batch, world.logConfig.flushMessages);
  demandReadable(world, target, batch);
  return answer.errorCode;
}

/** An idempotent producer did not hear the answer, and sends its last batch again. */
export async function repeatTo(world: TopicWorld, topic: ClientsTopic, index: number): Promise<void> {
  const target = targetOf(world, topic, index, true);
  const { topicId, log } = target;
  if (log === undefined) return;
  const known = world.ledger.logIn(topicId, index, rootOf(log.dir));
  const last = known.model.batches.findLast(({ producerId }) => producerId >= 0);
  const entry = last && log.producerState.get(last.producerId);
  // Of some the log has lost what it knew for a good reason.
  if (last === undefined || entry?.lastDataOffset !== last.lastOffset) return;
  const records = Buffer.from(last.bytes);
  new BatchView(records, 0).setBaseOffset(0);
  const before = log.logEndOffset;
  const answering = send(world, target, records);
  demandEqual(log.logEndOffset, before, `${log.dir}: end behind a batch that is there already`);
  const answer = await answering;
  if (answer?.errorCode !== Errors.NONE) return;
  world.counts.note("batches sent again");
  demandEqual(answer.baseOffset, last.baseOffset, `${log.dir}: offset of a batch that was there already`);
}

/** What a client may hear beside that all is well. */
const possible: ReadonlySet<number> = new Set([
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.KAFKA_STORAGE_ERROR,
  Errors.UNKNOWN_TOPIC_OR_PARTITION,
  Errors.UNKNOWN_TOPIC_ID,
  Errors.REQUEST_TIMED_OUT,
]);

/** The answer; undefined when nobody hears of it any more. */
async function send(world: TopicWorld, target: Target, records: Buffer): Promise<Produced | undefined> {
  const { broker, disk } = world;
  const { topic, topicId, index, isById } = target;
  if (broker === undefined) return undefined;
  try {
    // The broker may change the bytes, as those of a frame that nobody else has.
    const answer = await broker.produce({ name: topic.name, topicId }, index, Buffer.from(records), isById);
    if (!disk.isOn || broker !== world.broker) return undefined;
    const isPossible = answer.errorCode === Errors.NONE || possible.has(answer.errorCode);
    demand(isPossible, () => `${topic.name}-${index} of ${topicId} is refused: ${errorName(answer.errorCode)}`);
    return answer;
  } catch (error) {
    if (disk.isOn) world.violated(error);
    return undefined;
  }
}

function drawnBatch(world: TopicWorld, { topic, topicId, index, log }: Target, known: KnownLog | undefined): Buffer {
  const { draw, ledger, time } = world;
  const { isCompacted } = world.logConfigOf(topic.name);
  const timestamp = time.wallMs();
  const records = Array.from({ length: 1 + draw(3) }, () => ({
    key: isCompacted ? Buffer.from(`key ${draw(6)}`) : null,
    value: isCompacted && draw(6) === 0 ? null : ledger.newValue(topicId, index),
    timestamp,
  }));
  const producerId = [-1, 1, 2][draw(3)]!;
  if (producerId < 0 || known === undefined || log === undefined) return buildBatch({ records });
  const producer = knownProducer(known.model, log, producerId);
  const isNewEpoch = producer !== undefined && draw(12) === 0;
  return buildBatch({ records, producerId, ...nextSequence(producer, log, producerId, isNewEpoch) });
}

/** What is acknowledged can be read, where it was said to be. */
function demandReadable({ broker, disk }: TopicWorld, { topicId, index }: Target, batch: ModelBatch): void {
  const log = broker?.replicas.partitionById(topicId, index)?.log;
  if (log === undefined || log.isOffline || !disk.isOn || log.config.isCompacted) return;
  if (batch.baseOffset < log.logStartOffset) return;
  const result = log.read(batch.baseOffset, 1, log.writtenOffset, true);
  // For want of descriptors, or because the directory fails now.
  demand(result.ok || disk.hasFailed, () => `${log.dir}: a read at ${batch.baseOffset} failed`);
  const isSame = !result.ok || result.records.equals(batch.bytes);
  demand(isSame, () => `${log.dir}: other records at ${batch.baseOffset} than acknowledged`);
}
