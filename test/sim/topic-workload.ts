import { DiskError } from "../../src/io/ports.ts";
import { type DiskOperation } from "./memory-disk.ts";
import { deleteRecords } from "./topic-deletions.ts";
import { countMovesOf, moveReplica } from "./topic-moves.ts";
import { produceTo, repeatTo } from "./topic-produce.ts";
import { endTransaction } from "./topic-transactions.ts";
import { topicNames, type TopicWorld } from "./topic-world.ts";

/** One step of what happens to topics, to their partitions, and to the disk. */
export async function stepTopics(world: TopicWorld): Promise<void> {
  const { draw, time, broker } = world;
  const kind = draw(116);
  if (kind >= 108) endSome(world);
  else if (kind >= 105) deleteSome(world);
  else if (kind >= 100) reconfigureOne(world);
  else if (kind < 8) createTopic(world);
  else if (kind < 13) removeTopic(world);
  else if (kind < 16) recreateTopic(world);
  else if (kind < 19) grow(world);
  else if (kind < 22) changeLeader(world);
  else if (kind < 26) await moveSome(world);
  else if (kind < 54) produceSome(world);
  else if (kind < 62) world.takeReport();
  else if (kind < 65) flushOne(world);
  else if (kind < 68) broker?.queue.flush();
  else if (kind < 84) await time.turn();
  else if (kind < 92) await time.settle();
  else if (kind < 96) await time.advance([0, 1_000, 30_000, 70_000][draw(4)]!);
  else if (kind < 97) world.disk.heal();
  else if (kind < 98) await time.during(broker?.settled() ?? Promise.resolve());
  else breakDisk(world);
  world.demandSound();
  if (world.isUp) world.observe();
}

function drawnTopic(world: TopicWorld) {
  const topics = world.cluster.topics();
  return topics[world.draw(Math.max(1, topics.length))];
}

export function createTopic(world: TopicWorld): void {
  const { draw, cluster } = world;
  const name = topicNames[draw(topicNames.length)]!;
  if (cluster.partitionCount(name) > 0) return;
  // More than the replicas take in one turn, now and then.
  const topic = world.newTopic(name, draw(12) === 0 ? 48 + draw(10) : 1 + draw(3));
  world.trace(`create ${name} ${topic.id} of ${topic.partitions}`);
  world.publish(cluster.create(topic));
}

export function removeTopic(world: TopicWorld): void {
  const topic = drawnTopic(world);
  if (topic === undefined) return;
  world.trace(`remove ${topic.name} ${topic.id}`);
  countMovesOf(world, topic);
  world.gone.push(topic);
  world.publish(world.cluster.remove(topic.name));
}

function recreateTopic(world: TopicWorld): void {
  const topic = drawnTopic(world);
  if (topic === undefined) return;
  const again = world.newTopic(topic.name, 1 + world.draw(3));
  world.trace(`again: ${topic.name} ${again.id} of ${again.partitions} instead of ${topic.id}`);
  countMovesOf(world, topic);
  world.gone.push(topic);
  world.publish(world.cluster.remove(topic.name));
  world.publish(world.cluster.create(again));
}

function grow(world: TopicWorld): void {
  const topic = drawnTopic(world);
  if (topic === undefined) return;
  world.trace(`${topic.name} grows`);
  world.publish(world.cluster.grow(topic.name));
}

function changeLeader(world: TopicWorld): void {
  const { cluster, draw } = world;
  const outages = cluster.outages();
  const outage = outages[draw(Math.max(1, outages.length))];
  if (outage !== undefined) return world.publish(cluster.lead(outage.topic, outage.index, true));
  const topic = drawnTopic(world);
  if (topic !== undefined) world.publish(cluster.lead(topic.name, draw(topic.partitions), false));
}

/** Operators are many: what comes of it nobody waits for. */
function endSome(world: TopicWorld): void {
  const topic = drawnTopic(world);
  if (topic !== undefined) watch(world, endTransaction(world, topic));
}

function deleteSome(world: TopicWorld): void {
  const topic = drawnTopic(world);
  if (topic !== undefined) watch(world, deleteRecords(world, topic));
}

function reconfigureOne(world: TopicWorld): void {
  const topic = drawnTopic(world);
  if (topic !== undefined) world.reconfigure(topic);
}

function watch(world: TopicWorld, request: Promise<unknown>): void {
  const { disk } = world;
  request.catch((error: unknown) => {
    if (disk.isOn) world.violated(error);
  });
}

async function moveSome(world: TopicWorld): Promise<void> {
  const topic = drawnTopic(world);
  if (topic !== undefined) await moveReplica(world, topic);
}

/** By id or by name, of a topic that is there or of one that the client does not know to be gone; a few times now and then. */
function produceSome(world: TopicWorld): void {
  const { draw, gone } = world;
  const isStale = gone.length > 0 && draw(4) === 0;
  const topic = isStale ? gone[draw(gone.length)] : drawnTopic(world);
  if (topic === undefined) return;
  const index = draw(2) === 0 ? 0 : draw(topic.partitions);
  if (draw(8) === 0) return watch(world, repeatTo(world, topic, index));
  for (let times = draw(3) === 0 ? 2 + draw(8) : 1; times > 0; times--) {
    watch(world, produceTo(world, topic, index, draw(2) === 0));
  }
}

function flushOne(world: TopicWorld): void {
  const logs = [...world.servedLogs()];
  const drawn = logs[world.draw(Math.max(1, logs.length))];
  drawn?.log.flush().catch(DiskError.from);
}

const breakable: readonly DiskOperation[] = [
  "open",
  "create",
  "write",
  "sync",
  "rename",
  "mkdir",
  "remove",
  "truncate",
];

/** Something goes wrong with the disk, or with the system above it. */
export function breakDisk({ disk, draw, roots }: TopicWorld): void {
  const root = roots[draw(roots.length)]!;
  const path = draw(4) === 0 ? /./ : new RegExp(`^${root}/`);
  const skip = draw(30);
  const kind = draw(3);
  const operation = breakable[draw(breakable.length)]!;
  const portion = (sizeBytes: number) => draw(sizeBytes + 1);
  if (kind === 0) disk.fail("open", "EMFILE", { skip, times: 1 + draw(20) });
  else if (kind === 1) disk.fail(operation, "EIO", { path, skip, times: draw(2) === 0 ? 1 : Infinity, portion });
  else disk.fail((["create", "mkdir", "write"] as const)[draw(3)]!, "ENOSPC", { path, skip, portion });
}
