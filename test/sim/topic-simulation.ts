import { type SimulationOptions, type Simulated } from "./log-simulation.ts";
import { logRoots, rootOf } from "./log-world.ts";
import { checkInLine } from "./topic-checks.ts";
import { breakDisk, createTopic, removeTopic, stepTopics } from "./topic-workload.ts";
import { TopicWorld } from "./topic-world.ts";
import { demand } from "./violation.ts";

/**
 * Topics come, grow, go, and come again under their names while clients write to them and the disk fails: the replicas
 * follow the metadata over many turns, in which anything may come between. After a start the logs have what they had; in
 * the end each partition is served, or its directory is offline. Throws a `Violation` when something else is found.
 */
export async function simulateTopics(seed: number, options: SimulationOptions = {}): Promise<Simulated> {
  const world = new TopicWorld(seed, options.onTrace, options.logger);
  for (let life = 2 + world.draw(3); life > 0; life--) {
    await start(world);
    await live(world);
    changeMeanwhile(world);
  }
  await start(world);
  await checkInLine(world);
  return { traceHash: world.traceHash, operations: world.operations };
}

/** Boots until nothing comes between, and looks at what is there. */
async function start(world: TopicWorld): Promise<void> {
  const { draw } = world;
  // What has failed is mended, or is not.
  if (draw(3) > 0 || world.failed.size === logRoots.length) world.failed.clear();
  for (let attempt = 0; ; attempt++) {
    if (attempt < 2 && draw(4) === 0) world.disk.cutAfter(1 + draw(60), draw);
    if (await world.boot()) break;
    world.end(draw(2) === 0 ? "kill" : "power");
  }
  world.disk.cutAfter(Infinity);
  for (const { log, topicId } of world.servedLogs()) {
    world.ledger.adopt(log, topicId);
    const isRetained = world.logConfig.retentionBytes >= 0;
    demand(isRetained || log.logStartOffset === 0, () => `${log.dir} begins at ${log.logStartOffset}`);
  }
  for (const { name, id, partitions } of world.cluster.topics()) {
    for (let index = 0; index < partitions; index++) {
      const log = world.broker?.replicas.partitionById(id, index)?.log;
      for (const root of logRoots) {
        if (world.failed.has(root) || (log !== undefined && rootOf(log.dir) === root)) continue;
        const had = world.ledger.historyOf(id, index, root).writtenOffset;
        demand(had === 0, () => `${root}/${name}-${index} of ${id} is gone; it had ${had} offsets`);
        world.ledger.forget(id, index, root);
      }
    }
  }
}

async function live(world: TopicWorld): Promise<void> {
  const { draw, disk } = world;
  if (draw(4) === 0) disk.cutAfter(1 + draw(300), (sizeBytes) => draw(sizeBytes + 1));
  else if (draw(3) === 0) breakDisk(world);
  for (let steps = draw(160); steps > 0 && world.isUp; steps--) await stepTopics(world);
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
      const history = world.ledger.historyOf(topicId, log.partition, rootOf(log.dir));
      history.writtenOffset = history.flushedOffset = log.logEndOffset;
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
