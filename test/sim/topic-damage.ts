import { parsePartitionDirectoryName, partitionDirectoryName } from "../../src/log/log-files.ts";
import { partitionMetadataName, partitionMetadataText } from "../../src/log/partition-metadata.ts";
import { type DamagedLog, damageDerived, damageRecords } from "./log-damage.ts";
import { soundBatches } from "./log-model.ts";
import { rootOf } from "./log-world.ts";
import { type MemoryDisk } from "./memory-disk.ts";
import { type KnownLog } from "./topic-ledger.ts";
import { type TopicWorld } from "./topic-world.ts";

/** What malformed bytes took the place of. */
export interface SpoiltFile {
  readonly root: string;
  readonly path: string;
  readonly bytes: Buffer;
}

interface LyingLog extends DamagedLog {
  readonly known: KnownLog;
  readonly topicId: string;
  readonly index: number;
  readonly isCopy: boolean;
}

/** While nobody is there to see it, files are damaged as people and bad memory damage them. */
export function damageFiles(world: TopicWorld): void {
  const { draw, disk } = world;
  const logs = lyingLogs(world);
  // What was closed in good order nobody reads again.
  const unclean = logs.filter(({ dir, isCopy }) => !isCopy && !disk.exists(`${rootOf(dir)}/.kafka_cleanshutdown`));
  const victim = unclean[draw(Math.max(1, unclean.length))];
  if (victim !== undefined && draw(4) === 0) damageRecords(world, victim);
  if (draw(3) === 0) damageDerived(world, logs);
  if (draw(6) === 0) damageIdentity(world, logs);
}

/** The logs of topics that there are, and their copies. */
function lyingLogs(world: TopicWorld): LyingLog[] {
  const { cluster, ledger, roots, disk } = world;
  const found: LyingLog[] = [];
  for (const root of roots) {
    for (const name of disk.list(root)) {
      const partition = parsePartitionDirectoryName(name);
      const topic = cluster.topics().find((each) => each.name === partition?.topic);
      if (partition === undefined || topic === undefined) continue;
      const { partition: index, kind } = partition;
      const copy = ledger.copyOf(topic.id, index);
      const own = ledger.logsOf(topic.id, index).get(root);
      const known = kind === "current" ? own : kind === "future" && copy?.root === root ? copy.known : undefined;
      const dir = `${root}/${name}`;
      // The directory may be that of an earlier topic of the same name.
      if (known === undefined || !isOf(disk, dir, topic.id)) continue;
      const { model } = known;
      const isCopy = kind === "future";
      found.push({ dir, model, known, topicId: topic.id, index, isCopy });
    }
  }
  return found;
}

function isOf(disk: MemoryDisk, dir: string, topicId: string): boolean {
  const path = `${dir}/${partitionMetadataName}`;
  return disk.exists(path) && disk.readFile(path).toString() === partitionMetadataText(topicId);
}

const anotherTopic = "ANOTHERtopicAAAAAAAAAQ";
const identities = ["removed", "emptied", "cut", "zeros", "another topic's", "noise"] as const;

/** Damages what says whose a log is. Nobody's are its records then; where it cannot be made sense of its directory fails. */
function damageIdentity(world: TopicWorld, logs: readonly LyingLog[]): void {
  const { draw, disk, random } = world;
  const owners = logs.filter(({ isCopy }) => !isCopy);
  const victim = owners[draw(Math.max(1, owners.length))];
  const damage = identities[draw(identities.length)]!;
  // With a second one all directories could fail.
  if (victim === undefined || (damage === "noise" && world.spoilt !== undefined)) return;
  const { dir, known } = victim;
  const path = `${dir}/${partitionMetadataName}`;
  const bytes = Buffer.from(disk.readFile(path));
  world.trace(`damage: ${path} ${damage}`);
  world.counts.note(`damaged: ${partitionMetadataName}, ${damage}`);
  if (damage === "removed") disk.remove(path);
  else {
    const file = disk.open(path, "create");
    if (damage === "cut") file.write([bytes.subarray(0, draw(bytes.length))], 0);
    if (damage === "zeros") file.write([Buffer.alloc(bytes.length)], 0);
    if (damage === "another topic's") file.write([Buffer.from(partitionMetadataText(anotherTopic))], 0);
    if (damage === "noise") file.write([random.bytes(bytes.length)], 0);
    file.sync();
    file.close();
  }
  // It stays so, whatever happens to the power.
  disk.settle(dir);
  if (damage === "noise") world.spoilt = { root: rootOf(dir), path, bytes };
  else known.isNobodys = true;
}

/** Files of records that do not end with a whole batch, after a loss of power. */
export function countTornTails({ disk, roots, counts }: TopicWorld): void {
  for (const root of roots) {
    for (const name of disk.list(root)) {
      const kind = parsePartitionDirectoryName(name)?.kind;
      if (kind !== "current" && kind !== "future") continue;
      const last = disk.list(`${root}/${name}`).findLast((each) => each.endsWith(".log"));
      if (last === undefined) continue;
      const bytes = disk.readFile(`${root}/${name}/${last}`);
      const isTorn = bytes.subarray(soundBatches(bytes).at(-1)?.end ?? 0).some((byte) => byte !== 0);
      if (isTorn) counts.note("torn tails");
    }
  }
}

/** Where the logs of a partition end that were set aside in a directory; the furthest of them. */
export function endOfStrays(disk: MemoryDisk, root: string, topic: string, index: number): number {
  const name = partitionDirectoryName(topic, index);
  let end = 0;
  for (const entry of disk.list(root)) {
    if (!entry.startsWith(`${name}.`) || !entry.endsWith("-stray")) continue;
    const last = disk.list(`${root}/${entry}`).findLast((each) => each.endsWith(".log"));
    if (last === undefined) continue;
    const batch = soundBatches(disk.readFile(`${root}/${entry}/${last}`)).at(-1);
    end = Math.max(end, Number(last.slice(0, -".log".length)), (batch?.lastOffset ?? -1) + 1);
  }
  return end;
}
