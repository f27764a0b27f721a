import { readOffsetCheckpoint, recoveryPointCheckpointName } from "../../src/log/directory/offset-checkpoint.ts";
import { parsePartitionDirectoryName } from "../../src/log/log-files.ts";
import { type SeededRandom } from "../support/random-bytes.ts";
import { type FaultCounts } from "./fault-counts.ts";
import { type PartitionModel, soundBatches } from "./log-model.ts";
import { rootOf } from "./log-world.ts";
import { type MemoryDisk } from "./memory-disk.ts";
import { type Draw } from "./memory-file.ts";

/** A world of which the disk is damaged. */
export interface DamagedWorld {
  readonly disk: MemoryDisk;
  readonly draw: Draw;
  readonly random: SeededRandom;
  readonly counts: FaultCounts;
  /** The log directories. */
  readonly roots: readonly string[];
  /** Files were damaged, of which nobody has looked at some yet. */
  isDamaged: boolean;
  trace(line: string): void;
}

/** A log that lies there. */
export interface DamagedLog {
  readonly dir: string;
  readonly model: PartitionModel;
}

const damages = ["removed", "emptied", "cut", "noise", "zeros", "a bit"] as const;
/** What the log can be read without. */
const derived = [".index", ".timeindex", ".snapshot", "leader-epoch-checkpoint"] as const;
const checkpoints = [
  "recovery-point-offset-checkpoint",
  "replication-offset-checkpoint",
  "cleaner-offset-checkpoint",
] as const;

/** Does to files that are made from the log what people and bad memory do to them. */
export function damageDerived(world: DamagedWorld, logs: readonly DamagedLog[]): void {
  const { disk, draw, roots } = world;
  const hasCopies = roots.some((root) => disk.list(root).some((name) => name.endsWith("-future")));
  for (const root of roots) {
    for (const name of checkpoints) {
      // It is all that tells of a compaction that a copy has missed.
      const isNeeded = name === "cleaner-offset-checkpoint" && hasCopies;
      if (draw(12) > 0 || !disk.exists(`${root}/${name}`) || isNeeded) continue;
      damageFile(world, `${root}/${name}`);
      if (name !== recoveryPointCheckpointName) continue;
      for (const { dir, model } of logs) if (rootOf(dir) === root) model.hasLostRecoveryPoint = true;
    }
  }
  for (const { dir: directory, model } of logs) {
    if (!disk.exists(directory) || draw(2) === 0) continue;
    const names = disk.list(directory);
    const kind = derived[draw(derived.length)]!;
    // A snapshot is all that there is of producers whose batches are gone.
    if (kind === ".snapshot" && (model.isCompacted || !names.includes("00000000000000000000.log"))) continue;
    if (kind === ".snapshot") model.hasLostSnapshots = true;
    for (const name of names) {
      if (!name.endsWith(kind) || draw(3) === 0) continue;
      const damage = damageFile(world, `${directory}/${name}`);
      if (kind === ".timeindex" && damage === "a bit") model.hasDoubtfulTimes = true;
    }
  }
}

function damageFile(world: DamagedWorld, path: string): string {
  const { disk, draw, random } = world;
  const drawn = damages[draw(damages.length)]!;
  // Another number in an epoch's place can be one; Kafka cannot tell either.
  const damage = drawn === "a bit" && path.endsWith("checkpoint") ? "removed" : drawn;
  const bytes = Buffer.from(disk.readFile(path));
  world.trace(`damage: ${path} ${damage}`);
  world.isDamaged = true;
  world.counts.note(`damaged: ${path.slice(path.lastIndexOf("/") + 1).replace(/^\d+(?=\.)/, "")}`);
  if (damage === "removed") {
    disk.remove(path);
    return damage;
  }
  const file = disk.open(path, "readwrite");
  if (damage === "emptied") file.truncate(0);
  // Entries of 8 and 12 bytes: where one ends, nobody can tell that there were more.
  if (damage === "cut") file.truncate(Math.min(bytes.length, draw(bytes.length + 1) | 1));
  if (damage === "noise") file.write([random.bytes(bytes.length)], 0);
  if (damage === "zeros") file.write([Buffer.alloc(bytes.length)], 0);
  if (damage === "a bit" && bytes.length > 0) flipBit(bytes, draw(bytes.length), draw(8));
  if (damage === "a bit") file.write([bytes], 0);
  // It is so on the device: a loss of power that takes half of it back would make another damage of it, which may be one
  // that nobody can tell.
  file.sync();
  file.close();
  return damage;
}

/** Flips a bit of a batch that recovery has to look at; what lies before it has to be there still. */
export function damageRecords(world: DamagedWorld, { dir: directory, model }: DamagedLog): void {
  const { disk, draw } = world;
  const partition = parsePartitionDirectoryName(directory.slice(rootOf(directory).length + 1));
  if (partition === undefined || !disk.exists(directory)) return;
  const points = readOffsetCheckpoint(disk, `${rootOf(directory)}/${recoveryPointCheckpointName}`) ?? [];
  const isOf = (point: { topic: string; partition: number }): boolean =>
    point.topic === partition.topic && point.partition === partition.partition;
  const recoveryPoint = points.find(isOf)?.offset ?? 0;
  const name = disk.list(directory).findLast((each) => each.endsWith(".log"));
  if (name === undefined) return;
  const bytes = Buffer.from(disk.readFile(`${directory}/${name}`));
  const suspects = soundBatches(bytes).filter(({ baseOffset }) => baseOffset > recoveryPoint);
  const victim = suspects[draw(suspects.length)];
  if (victim === undefined) return;
  // What the checksum covers, or the checksum: the offsets and the leader's epoch are not in it.
  const crcStart = victim.start + 16;
  flipBit(bytes, crcStart + draw(victim.end - crcStart), draw(8));
  const file = disk.open(`${directory}/${name}`, "readwrite");
  file.write([bytes], 0);
  file.close();
  world.trace(`flipped a bit of ${partition.topic} at ${victim.baseOffset}`);
  world.counts.note("damaged: a batch");
  model.writtenOffset = Math.min(model.writtenOffset, victim.baseOffset);
  model.flushedOffset = Math.min(model.flushedOffset, victim.baseOffset);
}

function flipBit(bytes: Buffer, at: number, bit: number): void {
  bytes[at] = bytes[at]! ^ (1 << bit);
}
