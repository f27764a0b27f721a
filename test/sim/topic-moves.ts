import { errorName, Errors } from "../../src/protocol/errors.ts";
import { rootOf } from "./log-world.ts";
import { type SimulatedTopic } from "./simulated-cluster.ts";
import { copyOf } from "./topic-observer.ts";
import { type TopicWorld } from "./topic-world.ts";
import { demand } from "./violation.ts";

/** A partition is sent to a directory: another one, the one it is on its way to already, or back. */
export async function moveReplica(world: TopicWorld, topic: SimulatedTopic): Promise<void> {
  const { draw, broker, wanted, counts, roots } = world;
  if (broker === undefined) return;
  const { name, id, partitions } = topic;
  const index = draw(2) === 0 ? 0 : draw(partitions);
  const root = roots[draw(roots.length)]!;
  const partition = broker.replicas.partition(name, index);
  // The replicas may still be those of an earlier topic of that name.
  if (partition !== undefined && partition.topicId !== id) return;
  const log = partition?.log;
  const copy = log === undefined ? undefined : copyOf(broker, log);
  const isCleaned = log !== undefined && log.storage.cleaning !== null;
  const error = await broker.alterLogDir(name, index, root);
  const what = `${name}-${index} of ${id} to ${root}: ${errorName(error)}`;
  world.trace(`move ${what}`);
  if (!world.isUp) return;
  if (error !== Errors.NONE) {
    // A move to elsewhere may have ended all the same.
    wanted.delete(`${id}/${index}`);
    return demandReason(world, topic, index, error, what);
  }
  demand(log !== undefined, () => `move ${what}, and there is none`);
  wanted.set(`${id}/${index}`, root);
  if (rootOf(log.dir) === root) {
    if (copy !== undefined) counts.note("moves called off");
  } else if (copy === undefined) {
    counts.note("moves begun");
    if (isCleaned) counts.note("compactions cut short by a move");
  } else if (rootOf(copy.dir) !== root) counts.note("moves sent elsewhere");
}

/** What a client may hear who wants a partition to be moved. */
function demandReason(
  { broker, cluster, disk, failed }: TopicWorld,
  { name, id }: SimulatedTopic,
  index: number,
  error: number,
  what: string,
): void {
  const partition = broker?.replicas.partitionById(id, index);
  // For want of descriptors the client is to try again; and where a directory is away there may be a copy in it.
  const isOfStorage = error === Errors.KAFKA_STORAGE_ERROR && (failed.size > 0 || disk.hasFailed);
  const isAbsent = error === Errors.REPLICA_NOT_AVAILABLE && partition === undefined;
  const isGone = error === Errors.UNKNOWN_TOPIC_OR_PARTITION && cluster.partitionCount(name) <= index;
  demand(isOfStorage || isAbsent || isGone, () => `move ${what}, without a reason`);
}

/** Copies that can go on are at their end before so many seconds: the slowest have some kilobytes to copy. */
const patienceMs = 5_000;
const patienceTimes = 60;

/** With no fault any more each move comes to its end, and each partition is where it was sent last. */
export async function finishMoves(world: TopicWorld, settle: () => Promise<void>): Promise<void> {
  const { time } = world;
  for (let times = 0; world.isUp; times++) {
    const moving = [...world.servedLogs()].filter(
      ({ log }) => world.broker !== undefined && copyOf(world.broker, log) !== undefined,
    );
    if (moving.length === 0) break;
    const names = moving.map(({ log }) => log.name).join(" ");
    demand(times < patienceTimes, () => `the moves of ${names} do not come to an end`);
    await time.advance(patienceMs);
    await settle();
  }
  for (const { log, topicId } of world.servedLogs()) {
    const wanted = world.wanted.get(`${topicId}/${log.partition}`);
    demand(wanted === undefined || rootOf(log.dir) === wanted, () => `${log.dir} was sent to ${wanted}`);
  }
}

/** How far the copies of a topic are that is about to go. */
export function countMovesOf({ broker, counts }: TopicWorld, { id, partitions }: SimulatedTopic): void {
  if (broker === undefined) return;
  for (let index = 0; index < partitions; index++) {
    const log = broker.replicas.partitionById(id, index)?.log;
    if (log === undefined) continue;
    if (copyOf(broker, log) !== undefined) counts.note("moves cut short by a removal");
    if (log.storage.cleaning !== null) counts.note("compactions cut short by a removal");
  }
}
