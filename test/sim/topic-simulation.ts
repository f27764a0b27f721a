import { type Simulated, type SimulationOptions } from "./log-simulation.ts";
import { checkIndexFiles } from "./log-checks.ts";
import { rootOf } from "./log-world.ts";
import { checkInLine } from "./topic-checks.ts";
import { damageFiles } from "./topic-damage.ts";
import { restoreSpoilt } from "./topic-operator.ts";
import { verifyStart } from "./topic-start.ts";
import { breakDisk, createTopic, removeTopic, stepTopics } from "./topic-workload.ts";
import { TopicWorld } from "./topic-world.ts";
import { demand } from "./violation.ts";

/**
 * Topics come, grow, go, and come again under their names while clients write to them, in transactions too, and delete
 * records, operators change configurations, the cleaner compacts some of them, replicas move from one directory to
 * another, and the disk fails: the replicas follow the metadata over many turns, in
 * which anything may come between. While the broker is down files are damaged. After a start the logs have what they had,
 * and know of it what follows from it; in the end each partition is served from where it was sent, or its directory is
 * offline. Throws a `Violation` when something else is found.
 */
export async function simulateTopics(seed: number, options: SimulationOptions = {}): Promise<Simulated> {
  const world = new TopicWorld(seed, options.onTrace, options.logger);
  for (let life = 2 + world.draw(3); life > 0; life--) {
    await start(world);
    await live(world);
    damageFiles(world);
    changeMeanwhile(world);
  }
  await start(world);
  await checkInLine(world);
  return { traceHash: world.traceHash, operations: world.operations, counts: world.counts.all() };
}

/** Boots until nothing comes between, and looks at what is there. */
async function start(world: TopicWorld): Promise<void> {
  const { draw } = world;
  // What has failed is mended, or is not.
  if (draw(3) > 0 || world.failed.size === world.roots.length) world.failed.clear();
  if (draw(2) === 0) restoreSpoilt(world);
  for (let attempt = 0; ; attempt++) {
    if (attempt < 2 && draw(4) === 0) world.disk.cutAfter(1 + draw(60), draw);
    if (await world.boot()) break;
    world.end(draw(2) === 0 ? "kill" : "power");
  }
  world.disk.cutAfter(Infinity);
  await verifyStart(world);
  world.broker?.begin();
}

async function live(world: TopicWorld): Promise<void> {
  const { draw, disk } = world;
  if (draw(4) === 0) disk.cutAfter(1 + draw(300), (sizeBytes) => draw(sizeBytes + 1));
  else if (draw(3) === 0) breakDisk(world);
  for (let steps = draw(240); steps > 0 && world.isUp; steps--) await stepTopics(world);
  const how = draw(2) === 0 ? "kill" : "power";
  if (!world.isUp || draw(3) === 0) return world.end(how);
  disk.cutAfter(Infinity);
  if (draw(2) === 0) await checkInLine(world);
  if (!world.isUp || draw(2) === 0) return world.end(how);
  return close(world, how);
}

/** In good order, whatever the replicas are about to do. */
async function close(world: TopicWorld, how: "kill" | "power"): Promise<void> {
  const { broker, disk, time } = world;
  world.trace("close");
  disk.heal();
  broker?.queue.flush();
  await time.settle();
  world.observe();
  const logs = [...world.servedLogs()];
  const before = [...(broker?.logManager.allLogs() ?? [])].map(({ dir, topic }) => ({ dir, topic }));
  await time.during(broker?.close() ?? Promise.resolve());
  const isClean = world.isUp && world.failed.size === 0;
  if (isClean) {
    const topics = new Set(Array.from(world.cluster.topics(), ({ name }) => name));
    for (const { dir, topic } of before) {
      demand(topics.has(topic) || !disk.exists(dir), () => `${dir} outlasts its topic and the stop`);
    }
    for (const { log, topicId } of logs) {
      const { model, start } = world.ledger.logIn(topicId, log.partition, rootOf(log.dir));
      start.close(log.logStartOffset);
      model.writtenOffset = model.flushedOffset = log.logEndOffset;
      if (!world.isDamaged && topics.has(log.topic) && disk.exists(log.dir)) checkIndexFiles(disk, log.dir);
    }
  }
  world.end(how);
}

/** While nobody is there to follow. */
function changeMeanwhile(world: TopicWorld): void {
  for (let count = world.draw(3); count > 0; count--) {
    if (world.draw(2) === 0) removeTopic(world);
    else createTopic(world);
  }
}
