import { type Uuid } from "../../src/base/brand.ts";
import { parsePartitionDirectoryName } from "../../src/log/log-files.ts";
import { type Log } from "../../src/log/log.ts";
import { errorName, Errors } from "../../src/protocol/errors.ts";
import { type PartitionModel } from "./log-model.ts";
import { verifyInUse } from "./log-verification.ts";
import { rootOf } from "./log-world.ts";
import { finishMoves } from "./topic-moves.ts";
import { copyOf } from "./topic-observer.ts";
import { produceTo } from "./topic-produce.ts";
import { rootWithId, topicDirectoryIds } from "./topic-roots.ts";
import { checkCommitted } from "./topic-transactions.ts";
import { type TopicWorld } from "./topic-world.ts";
import { demand, demandEqual } from "./violation.ts";

const turnsMax = 5_000;
/** Longer than those wait who were short of descriptors before they try again. */
const patienceMs = 2_500;

/**
 * With no fault any more the replicas come in line with the metadata: each is served, in the one directory that it was sent
 * to and with all that it has to have, or its directory is offline.
 */
export async function checkInLine(world: TopicWorld): Promise<void> {
  const { disk, cluster } = world;
  world.trace("in line");
  disk.heal();
  await settled(world);
  await world.time.advance(patienceMs);
  await settled(world);
  for (const { topic, index } of cluster.outages()) world.publish(cluster.lead(topic, index, true));
  await settled(world);
  if (!world.isUp) return;
  // A copy of a log that ends in a hole waits for what comes next.
  await probe(world);
  await finishMoves(world, () => settled(world));
  if (!world.isUp) return;
  checkServed(world);
  checkPlaces(world);
  await world.time.settle();
  world.observe();
  for (const { log, topicId } of world.servedLogs()) {
    const { model } = world.ledger.logIn(topicId, log.partition, rootOf(log.dir));
    if (log.writtenOffset < log.logEndOffset) continue;
    demandEqual(log.config, world.logConfigOf(log.topic), `${log.dir}: configuration`);
    checkCommittedOf(world, log, topicId, model);
    verifyInUse(log, model, { ...verifying(world), isRetentionInterrupted: false });
  }
}

/** What readers of committed records see of a log. */
export function checkCommittedOf({ broker, draw }: TopicWorld, log: Log, topicId: Uuid, model: PartitionModel): void {
  const partition = broker?.replicas.partitionById(topicId, log.partition);
  if (partition?.isLeader === true && partition.log === log) checkCommitted(partition, model, draw);
}

export function verifying(world: TopicWorld) {
  const { draw, time } = world;
  return { draw, time, trace: (line: string) => world.trace(line) };
}

function checkServed(world: TopicWorld): void {
  const { broker, cluster } = world;
  let count = 0;
  for (const { name, id, partitions } of cluster.topics()) {
    for (let index = 0; index < partitions; index++) {
      const partition = broker?.lookup.leaderByName(name, index);
      const what = `${name}-${index} of ${id}`;
      if (partition === undefined || typeof partition === "number") {
        demandAway(world, name, index, partition ?? Errors.NONE, what);
        continue;
      }
      count++;
      const { log } = partition;
      demandEqual(partition.topicId, id, `${what}: topic id of what is served`);
      demandEqual(log.dir.slice(rootOf(log.dir).length + 1), `${name}-${index}`, `${what}: name of its directory`);
      const directory = topicDirectoryIds.get(rootOf(log.dir));
      demandEqual(cluster.directoryOf(name, index), directory, `${what}: directory in the metadata`);
    }
  }
  demandEqual([...world.servedLogs()].length, count, "partitions that are served");
}

/** What is not served lies, as far as anybody knows, in a directory that has failed. */
function demandAway({ failed, cluster }: TopicWorld, name: string, index: number, error: number, what: string): void {
  // Of a directory that was away from the start nothing has been said yet.
  const hasKafkasError = error === Errors.KAFKA_STORAGE_ERROR || error === Errors.NOT_LEADER_OR_FOLLOWER;
  demand(hasKafkasError && failed.size > 0, () => `${what} is not served: ${errorName(error)}`);
  const assigned = rootWithId(cluster.directoryOf(name, index));
  const isElsewhere = assigned === undefined || failed.has(assigned);
  demand(isElsewhere, () => `${what} is not served, and ${assigned} works`);
}

/** Each partition's directory is there once, beside that of its copy while it moves; nothing lies there that nobody uses. */
export function checkPlaces(world: TopicWorld): void {
  const { broker, disk, roots, failed } = world;
  if (broker === undefined) return;
  const used = new Set<string>();
  for (const { log } of world.servedLogs()) {
    used.add(log.dir);
    const copy = copyOf(broker, log);
    if (copy !== undefined) used.add(copy.dir);
  }
  for (const each of broker.logManager.allLogs()) {
    const isCopy = broker.logManager.future(each.topic, each.partition) === each;
    if (isCopy && isResting(world, each)) used.add(each.dir);
  }
  for (const root of roots) {
    if (failed.has(root)) continue;
    for (const name of disk.list(root)) {
      const kind = parsePartitionDirectoryName(name)?.kind;
      if (kind !== "current" && kind !== "future") continue;
      const dir = `${root}/${name}`;
      demand(used.has(dir), () => `${dir} is nobody's`);
    }
  }
}

/**
 * A copy of a replica in a directory that is away waits until it comes back. A loss of power may have left none that says of
 * which topic it is; as in Kafka it is that topic's then which has the name.
 */
function isResting({ broker, cluster, failed }: TopicWorld, { topic, topicId, partition }: Log): boolean {
  const { byId, byName } = cluster.image.topics;
  const known = topicId === undefined ? byName.get(topic) : byId.get(topicId);
  if (known?.partitions[partition] === undefined || failed.size === 0) return false;
  const replica = broker?.replicas.partitionById(known.id, partition);
  return replica === undefined || replica.isOffline;
}

/** Until the replicas have followed and the controller has heard of where they are. */
async function settled(world: TopicWorld): Promise<void> {
  const { broker, time, disk } = world;
  do {
    const settling = broker?.settled().then(
      () => true,
      (error: unknown) => {
        if (disk.isOn) world.violated(error);
        return true;
      },
    );
    for (let turns = 0; world.isUp && !(await Promise.race([settling, time.settle()])); turns++) {
      demand(turns < turnsMax, () => "the replicas do not come to an end with what they do");
    }
    await time.settle();
    world.demandSound();
  } while (world.isUp && world.takeReport());
}

/** Each partition that is served takes records. */
async function probe(world: TopicWorld): Promise<void> {
  const answers = world.cluster.topics().flatMap((topic) =>
    Array.from({ length: topic.partitions }, async (_, index) => {
      if (typeof world.broker?.lookup.leaderByName(topic.name, index) === "number") return;
      const error = await produceTo(world, topic, index, index % 2 === 0);
      const isRefused = error === Errors.MESSAGE_TOO_LARGE && world.configs.isSmall(topic.name);
      if (!isRefused) demandEqual(errorName(error), "NONE", `answer of ${topic.name}-${index}`);
    }),
  );
  await world.time.during(Promise.all(answers));
  world.demandSound();
  world.observe();
}
