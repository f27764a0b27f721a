import { parsePartitionDirectoryName } from "../../src/log/log-files.ts";
import { errorName, Errors } from "../../src/protocol/errors.ts";
import { directoryIds, logRoots, rootOf } from "./log-world.ts";
import { produceTo } from "./topic-workload.ts";
import { type TopicWorld } from "./topic-world.ts";
import { demand, demandEqual } from "./violation.ts";

const turnsMax = 5_000;
/** Longer than those wait who were short of descriptors before they try again. */
const patienceMs = 2_500;

/** With no fault any more the replicas come in line with the metadata: each is served, or its directory is offline. */
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
  const { broker } = world;
  if (broker === undefined) return;
  const dirs = new Set<string>();
  let count = 0;
  for (const { name, id, partitions } of cluster.topics()) {
    for (let index = 0; index < partitions; index++) {
      const partition = broker.lookup.leaderByName(name, index);
      const what = `${name}-${index} of ${id}`;
      if (typeof partition === "number") {
        // Of a directory that was away from the start nothing has been said yet.
        const hasKafkasError = partition === Errors.KAFKA_STORAGE_ERROR || partition === Errors.NOT_LEADER_OR_FOLLOWER;
        const isDueToDirectory = hasKafkasError && world.failed.size > 0;
        demand(isDueToDirectory, () => `${what} is not served: ${errorName(partition)}`);
        const assigned = [...directoryIds].find(([, each]) => each === cluster.directoryOf(name, index))?.[0];
        const isElsewhere = assigned === undefined || world.failed.has(assigned);
        demand(isElsewhere, () => `${what} is not served, and ${assigned} works`);
        continue;
      }
      count++;
      const { log } = partition;
      dirs.add(log.dir);
      demandEqual(partition.topicId, id, `${what}: topic id of what is served`);
      demandEqual(log.dir.slice(rootOf(log.dir).length + 1), `${name}-${index}`, `${what}: name of its directory`);
      const directory = directoryIds.get(rootOf(log.dir));
      demandEqual(cluster.directoryOf(name, index), directory, `${what}: directory in the metadata`);
    }
  }
  const served = [...world.servedLogs()].length;
  demandEqual(served, count, "partitions that are served");
  for (const root of logRoots) {
    if (world.failed.has(root)) continue;
    for (const name of disk.list(root)) {
      const kind = parsePartitionDirectoryName(name)?.kind;
      if (kind !== "current" && kind !== "future") continue;
      demand(dirs.has(`${root}/${name}`), () => `${root}/${name} is nobody's`);
    }
  }
  await probe(world);
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
  const answers = world.cluster.topics().flatMap(({ name, id, partitions }) =>
    Array.from({ length: partitions }, async (_, index) => {
      if (typeof world.broker?.lookup.leaderByName(name, index) === "number") return;
      const error = await produceTo(world, name, id, index, index % 2 === 0);
      demandEqual(errorName(error), "NONE", `answer of ${name}-${index}`);
    }),
  );
  await world.time.during(Promise.all(answers));
  world.demandSound();
  world.observe();
}
