import { DiskError } from "../../src/io/ports.ts";
import { errorName, Errors } from "../../src/protocol/errors.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { logRoots, rootOf } from "./log-world.ts";
import { type DiskOperation } from "./memory-disk.ts";
import { type TopicWorld } from "./topic-world.ts";
import { demand } from "./violation.ts";

const names = ["a", "b", "b-1", "c"] as const;

/** One step of what happens to topics, to their partitions, and to the disk. */
export async function stepTopics(world: TopicWorld): Promise<void> {
  const { draw, time, broker } = world;
  const kind = draw(100);
  if (kind < 8) createTopic(world);
  else if (kind < 13) removeTopic(world);
  else if (kind < 16) recreateTopic(world);
  else if (kind < 19) grow(world);
  else if (kind < 22) changeLeader(world);
  else if (kind < 55) void produce(world);
  else if (kind < 60) world.takeReport();
  else if (kind < 64) flushOne(world);
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
  const name = names[draw(names.length)]!;
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
  world.gone.push(topic);
  world.publish(world.cluster.remove(topic.name));
}

function recreateTopic(world: TopicWorld): void {
  const topic = drawnTopic(world);
  if (topic === undefined) return;
  const again = world.newTopic(topic.name, 1 + world.draw(3));
  world.trace(`again: ${topic.name} ${again.id} of ${again.partitions} instead of ${topic.id}`);
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

/** By id or by name, of a topic that is there or of one that the client does not know to be gone. */
async function produce(world: TopicWorld): Promise<void> {
  const { draw, gone } = world;
  const isStale = gone.length > 0 && draw(4) === 0;
  const topic = isStale ? gone[draw(gone.length)] : drawnTopic(world);
  if (topic !== undefined) await produceTo(world, topic.name, topic.id, draw(topic.partitions), draw(2) === 0);
}

/** Sends records, and looks at what the broker says; returns the error. */
export async function produceTo(
  world: TopicWorld,
  name: string,
  id: string,
  index: number,
  isById: boolean,
): Promise<number> {
  const { broker, disk, draw, ledger, cluster, logConfig } = world;
  if (broker === undefined) return Errors.NONE;
  // A name means the topic that has it now.
  const topicId = isById ? id : (cluster.image.topics.byName.get(name)?.id ?? id);
  const isThere = cluster.image.topics.byId.get(topicId)?.partitions[index] !== undefined;
  const log = broker.replicas.partitionById(topicId, index)?.log;
  const values = ledger.newValues(topicId, index, 1 + draw(3));
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestamp: world.time.wallMs() }));
  const what = `produce ${values.length} to ${name}-${index} of ${topicId}`;
  world.trace(what);
  try {
    const target = { name, topicId };
    const answer = await broker.produce(target, index, buildBatch({ records }), isById);
    // It comes to nobody.
    if (!disk.isOn || broker !== world.broker) return Errors.NONE;
    world.trace(`${what}: ${errorName(answer.errorCode)} ${answer.baseOffset}`);
    if (answer.errorCode !== Errors.NONE) return answer.errorCode;
    demand(isThere && log !== undefined, () => `${what} was acknowledged, and there is none`);
    const partition = broker.replicas.partitionById(topicId, index);
    if (partition?.log === log && !log.isOffline) ledger.observe(log, topicId);
    const history = ledger.historyOf(topicId, index, rootOf(log.dir));
    ledger.acknowledged(history, answer.baseOffset, values, logConfig.flushMessages === 1);
    return answer.errorCode;
  } catch (error) {
    if (disk.isOn) world.violated(error);
    return Errors.UNKNOWN_SERVER_ERROR;
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
export function breakDisk({ disk, draw }: TopicWorld): void {
  const root = logRoots[draw(logRoots.length)]!;
  const path = draw(4) === 0 ? /./ : new RegExp(`^${root}/`);
  const skip = draw(30);
  const kind = draw(3);
  const operation = breakable[draw(breakable.length)]!;
  const portion = (sizeBytes: number) => draw(sizeBytes + 1);
  if (kind === 0) disk.fail("open", "EMFILE", { skip, times: 1 + draw(20) });
  else if (kind === 1) disk.fail(operation, "EIO", { path, skip, times: draw(2) === 0 ? 1 : Infinity, portion });
  else disk.fail((["create", "mkdir", "write"] as const)[draw(3)]!, "ENOSPC", { path, skip, portion });
}
