import { parsePartitionDirectoryName } from "../../src/log/log-files.ts";
import { type TopicWorld } from "./topic-world.ts";
import { demand } from "./violation.ts";

/** A partition is in a directory that came back, and in another one: the operator deletes the one that failed last, as he is told. */
export function chooseDirectories(world: TopicWorld): void {
  const { cluster, ledger, failed, everFailed } = world;
  const disk = world.takeDisk();
  const roots: string[] = world.roots.filter((root) => !failed.has(root));
  let count = 0;
  for (const name of new Set(roots.flatMap((root) => disk.list(root)))) {
    const known = parsePartitionDirectoryName(name);
    const places = roots.filter((root) => disk.exists(`${root}/${name}`));
    if (known?.kind !== "current" || places.length < 2) continue;
    const older = [...everFailed].findLast((root) => places.includes(root));
    demand(older !== undefined, () => `${name} is in two directories, and none has ever failed`);
    world.trace(`the operator deletes ${older}/${name}`);
    disk.remove(`${older}/${name}`);
    disk.settle(older);
    count++;
    const topic = cluster.topics().find((each) => each.name === known.topic);
    if (topic !== undefined) ledger.logsOf(topic.id, known.partition).delete(older);
  }
  demand(count > 0, () => "two logs of one partition are spoken of, and are not there");
  world.counts.note("partitions in two directories", count);
}

/** The operator puts back what was damaged. */
export function restoreSpoilt(world: TopicWorld): void {
  if (world.spoilt === undefined) return;
  const { path, bytes } = world.spoilt;
  world.trace(`the operator mends ${path}`);
  world.spoilt = undefined;
  const disk = world.takeDisk();
  if (!disk.exists(path)) return;
  const file = disk.open(path, "create");
  file.write([bytes], 0);
  file.sync();
  file.close();
}
