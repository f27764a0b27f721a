import { type Log } from "../../src/log/log.ts";
import { errorName, Errors } from "../../src/protocol/errors.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { type KnownLog } from "./topic-ledger.ts";
import { rootOf } from "./log-world.ts";
import { type Produced } from "./simulated-replicas.ts";
import { producerName, type SentBatch } from "./topic-appends.ts";
import { drawnBatch } from "./topic-batches.ts";
import { type TopicWorld } from "./topic-world.ts";
import { demand, demandEqual } from "./violation.ts";

/** A topic as a client knows it. */
export interface ClientsTopic {
  readonly name: string;
  readonly id: string;
}

export interface Target {
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
  const { appends } = world;
  const target = targetOf(world, topic, index, isById);
  const { topicId, log } = target;
  const sent = drawnBatch(world, target, log && world.ledger.logIn(topicId, index, rootOf(log.dir)));
  const what = `produce to ${topic.name}-${index} of ${topicId}`;
  world.trace(what);
  appends.send(sent);
  const answer = await send(world, target, sent);
  if (answer === undefined) return Errors.NONE;
  appends.settle(sent);
  world.trace(`${what}: ${errorName(answer.errorCode)} ${answer.baseOffset}`);
  if (answer.errorCode !== Errors.NONE) return answer.errorCode;
  const { appended, known } = sent;
  demand(known !== undefined && appended !== undefined, () => `${what} was acknowledged, and there is none`);
  demandEqual(answer.baseOffset, appended.baseOffset, `${what}: offset`);
  known.acknowledge(appended, world.logConfig.flushMessages);
  demandReadable(world, target, known, sent);
  return answer.errorCode;
}

/** An idempotent producer did not hear the answer, and sends its last batch again. */
export async function repeatTo(world: TopicWorld, topic: ClientsTopic, index: number): Promise<void> {
  const target = targetOf(world, topic, index, true);
  const { topicId, log } = target;
  if (log === undefined) return;
  const known = world.ledger.logIn(topicId, index, rootOf(log.dir));
  const last = known.model.batches.findLast(
    ({ producerId, coordinatorEpoch }) => producerId >= 0 && coordinatorEpoch < 0,
  );
  const bytes = last && world.appends.originalOf(last);
  const entry = last && log.producerState.get(last.producerId);
  // Of some the log has lost what it knew for a good reason; another epoch has come with the marker of a transaction.
  if (bytes === undefined || entry?.lastDataOffset !== last?.lastOffset) return;
  const producer = producerName(topicId, index, last!.producerId);
  const isOpened = new BatchView(bytes, 0).isCompressed || log.config.compressionType === "gzip";
  // What is opened before it is looked for may find that the log has lost it meanwhile.
  if (isOpened || world.appends.isBusy(producer)) return;
  const before = log.logEndOffset;
  const sent = { bytes, isToBeCompressed: false, producer: undefined, appended: undefined, known: undefined };
  const answering = send(world, target, sent);
  demandEqual(log.logEndOffset, before, `${log.dir}: end behind a batch that is there already`);
  const answer = await answering;
  if (answer?.errorCode !== Errors.NONE) return;
  world.counts.note("batches sent again");
  demandEqual(answer.baseOffset, last!.baseOffset, `${log.dir}: offset of a batch that was there already`);
}

/** What a client may hear beside that all is well. */
const possible: ReadonlySet<number> = new Set([
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.KAFKA_STORAGE_ERROR,
  Errors.UNKNOWN_TOPIC_OR_PARTITION,
  Errors.UNKNOWN_TOPIC_ID,
  Errors.REQUEST_TIMED_OUT,
]);

/** What the configuration of the topic, at some time, refuses. */
function isRefusedByTopic({ configs, counts }: TopicWorld, { topic }: Target, errorCode: number): boolean {
  const isTooLarge = errorCode === Errors.MESSAGE_TOO_LARGE && configs.isSmall(topic.name);
  const isKeyless = errorCode === Errors.INVALID_RECORD && configs.isCompacted(topic.name);
  if (isTooLarge) counts.note("batches that are too large");
  if (isKeyless) counts.note("records without a key that are refused");
  return isTooLarge || isKeyless;
}

/** The answer; undefined when nobody hears of it any more. */
async function send(world: TopicWorld, target: Target, { bytes, producer }: SentBatch): Promise<Produced | undefined> {
  const { broker, disk } = world;
  const { topic, topicId, index } = target;
  if (broker === undefined) return undefined;
  const { isTransactional } = new BatchView(bytes, 0);
  // By the name it could come to another topic, which knows nothing of the producer.
  const isById = target.isById || producer !== undefined;
  try {
    // The broker may change the bytes, as those of a frame that nobody else has.
    const records = Buffer.from(bytes);
    const answer = await broker.produce({ name: topic.name, topicId }, index, records, { isById, isTransactional });
    if (!disk.isOn || broker !== world.broker) return undefined;
    const { errorCode } = answer;
    const isPossible =
      errorCode === Errors.NONE || possible.has(errorCode) || isRefusedByTopic(world, target, errorCode);
    demand(isPossible, () => `${topic.name}-${index} of ${topicId} is refused: ${errorName(errorCode)}`);
    return answer;
  } catch (error) {
    if (disk.isOn) world.violated(error);
    return undefined;
  }
}

/** What is acknowledged can be read, where it was said to be. */
function demandReadable(
  { broker, disk }: TopicWorld,
  { topicId, index }: Target,
  { model }: KnownLog,
  { appended }: SentBatch,
): void {
  const log = broker?.replicas.partitionById(topicId, index)?.log;
  if (log === undefined || log.isOffline || !disk.isOn || model.isCompacted || appended === undefined) return;
  if (appended.baseOffset < log.logStartOffset) return;
  const result = log.read(appended.baseOffset, 1, log.writtenOffset, true);
  // For want of descriptors, or because the directory fails now.
  demand(result.ok || disk.hasFailed, () => `${log.dir}: a read at ${appended.baseOffset} failed`);
  const isSame = !result.ok || result.records.equals(appended.bytes);
  demand(isSame, () => `${log.dir}: other records at ${appended.baseOffset} than acknowledged`);
}
