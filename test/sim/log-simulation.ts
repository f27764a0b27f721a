import { type Logger } from "../../src/io/ports.ts";
import { checkIndexFiles } from "./log-checks.ts";
import { damageDerived, damageRecords } from "./log-damage.ts";
import { PartitionModel } from "./log-model.ts";
import { verifyLog } from "./log-verification.ts";
import { step } from "./log-workload.ts";
import { resumeMove } from "./log-moves.ts";
import { type Ending, LogWorld, type SimulatedPartition } from "./log-world.ts";
import { demand, demandEqual } from "./violation.ts";

export interface Simulated {
  readonly traceHash: string;
  readonly operations: number;
  /** What happened of what was meant to happen. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface SimulationOptions {
  readonly onTrace?: (line: string) => void;
  readonly logger?: Logger;
  /** The power fails, or the process ends, at this change of the disk in the first life. */
  readonly cutAt?: number;
}

/**
 * A few lives of a broker's logs on one disk: work, an end in good order, by `kill -9` or by a loss of power at any point,
 * damage, and what the next start has to find. Throws a `Violation` when it finds something else.
 */
export async function simulateLogs(seed: number, options: SimulationOptions = {}): Promise<Simulated> {
  const world = new LogWorld(seed, options.onTrace, options.logger);
  let ending: Ending = "clean";
  let isFirst = true;
  for (let life = 2 + world.draw(3); life > 0; life--) {
    ending = await start(world, ending);
    world.serve();
    for (const partition of world.partitions) resumeMove(world, partition);
    ending = await live(world, isFirst ? options.cutAt : undefined);
    isFirst = false;
    if (ending !== "clean" && world.draw(4) === 0) damageRecords(world, world.partitions[world.draw(2)]!);
    if (world.draw(3) === 0) damageDerived(world, world.partitions);
  }
  await start(world, ending);
  return { traceHash: world.traceHash, operations: world.operations, counts: world.counts.all() };
}

/** Boots until nothing comes between, and looks at what is there. */
async function start(world: LogWorld, ended: Ending): Promise<Ending> {
  let ending = ended;
  for (let attempt = 0; ; attempt++) {
    world.trace(`boot after ${ending}`);
    if (attempt < 2 && world.draw(4) === 0) world.disk.cutAfter(1 + world.draw(40), world.draw);
    const isUp = await world.boot();
    if (isUp) break;
    ending = crashed(world, ending);
  }
  world.disk.cutAfter(Infinity);
  world.take();
  for (const partition of world.partitions) await verify(world, partition, ending);
  if (ending === "clean" || world.draw(3) > 0) return ending;
  const before = contents(world);
  world.end("kill");
  world.trace("boot again");
  demand(await world.boot(), () => "a second recovery failed");
  world.take();
  const after = contents(world);
  demandEqual(Object.keys(after), Object.keys(before), "files after a second recovery");
  for (const path of Object.keys(before)) demandEqual(after[path], before[path], `${path} after a second recovery`);
  for (const partition of world.partitions) await verify(world, partition, ending);
  return ending;
}

/** The process ends where it is, without a word; the power perhaps too. */
function crashed(world: LogWorld, before: Ending): Ending {
  const how = world.draw(2) === 0 ? "kill" : "power";
  world.end(how);
  return before === "clean" ? "clean" : before === "power" ? "power" : how;
}

async function live(world: LogWorld, cutAt: number | undefined): Promise<Ending> {
  const { draw, disk } = world;
  world.isRetentionInterrupted = false;
  plan(world);
  if (cutAt !== undefined) {
    disk.heal();
    disk.cutAfter(cutAt, (sizeBytes) => sizeBytes >> 1);
  }
  for (let steps = draw(160); steps > 0 && disk.isOn; steps--) await step(world);
  if (disk.isOn && !world.isDirectoryOffline && draw(3) === 0) {
    world.trace("close");
    disk.heal();
    await world.close();
    if (disk.isOn && !world.isDirectoryOffline) {
      for (const { model } of world.partitions) {
        model.writtenOffset = model.flushedOffset = model.endOffset;
        model.forgetStale();
      }
      if (!world.isDamaged)
        for (const { log } of world.partitions) if (log !== undefined) checkIndexFiles(disk, log.dir);
      world.end(draw(2) === 0 ? "kill" : "power");
      return "clean";
    }
  }
  const ending = draw(2) === 0 ? "kill" : "power";
  world.end(ending);
  return ending;
}

/** What goes wrong with the disk in this life. */
function plan({ draw, disk }: LogWorld): void {
  const skip = draw(40);
  const fault = draw(9);
  if (fault < 2) disk.cutAfter(1 + draw(300), (sizeBytes) => draw(sizeBytes + 1));
  if (fault === 2) disk.fail("write", "ENOSPC", { skip: draw(120), portion: (sizeBytes) => draw(sizeBytes + 1) });
  if (fault === 3) disk.fail("sync", "EIO", { skip, times: 1 });
  if (fault === 4) disk.fail("create", "ENOSPC", { skip });
  if (fault === 5) disk.fail("rename", "EIO", { skip, times: 1 });
}

async function verify(world: LogWorld, { model, topic, log }: SimulatedPartition, ending: Ending): Promise<void> {
  if (log !== undefined) return verifyLog(log, model, ending, world);
  const least = ending === "power" ? model.flushedOffset : model.writtenOffset;
  demand(least === 0, () => `${topic}-0 is gone; it had ${least} offsets`);
  Object.assign(model, new PartitionModel());
  model.forgetStale();
}

/** The records; indexes, snapshots and epochs may differ in what does not matter. */
function contents({ disk, partitions }: LogWorld): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { dir, log } of partitions) {
    const directory = log?.dir ?? dir;
    if (!disk.exists(directory)) continue;
    for (const name of disk.list(directory)) {
      if (!name.endsWith(".log")) continue;
      // The zeros of a segment that was preallocated may be there or not.
      files[`${directory}/${name}`] = disk
        .readFile(`${directory}/${name}`)
        .toString("hex")
        .replace(/(00)+$/, "");
    }
  }
  return files;
}
