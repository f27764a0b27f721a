import { type Offset } from "../../src/base/brand.ts";
import { type Log } from "../../src/log/log.ts";
import { type Logger } from "../../src/io/ports.ts";
import { compactionViolation } from "./compaction-check.ts";
import { checkCompactedKnowledge, checkIndexFiles, checkKnowledge, readWhole } from "./log-checks.ts";
import { damageDerived, damageRecords } from "./log-damage.ts";
import { modelBatch, type ModelBatch, PartitionModel, splitBatches } from "./log-model.ts";
import { sameBatches, step } from "./log-workload.ts";
import { resumeMove } from "./log-moves.ts";
import { type Ending, LogWorld, type SimulatedPartition } from "./log-world.ts";
import { demand, demandEqual } from "./violation.ts";

export interface Simulated {
  readonly traceHash: string;
  readonly operations: number;
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
    if (world.draw(3) === 0) damageDerived(world);
  }
  await start(world, ending);
  return { traceHash: world.traceHash, operations: world.operations };
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

async function verify(world: LogWorld, partition: SimulatedPartition, ending: Ending): Promise<void> {
  const { model, topic, config, log } = partition;
  const least = ending === "power" ? model.flushedOffset : model.writtenOffset;
  if (log === undefined) {
    demand(least === 0, () => `${topic}-0 is gone; it had ${least} offsets`);
    Object.assign(model, new PartitionModel());
    model.forgetStale();
    return;
  }
  const [start, end] = [log.logStartOffset, log.logEndOffset];
  const isDurable = log.isOffline || end - log.flushedOffset < config.flushMessages;
  demand(isDurable, () => `${log.name}: [${log.flushedOffset}, ${end}) counts as written and is not flushed`);
  world.trace(`${log.name}: [${start}, ${end})`);
  demand(end >= least, () => `${log.name} ends at ${end}: the records from there to ${least} are lost (${ending})`);
  // A copy may have heard of a deletion that a kill took back in the log.
  const { logStartOffsetMax } = model;
  // What retention had begun when the disk failed is done.
  const isInterrupted = world.isRetentionInterrupted && start === log.segmentSizes()[0]?.baseOffset;
  demand(
    start <= logStartOffsetMax || isInterrupted,
    () => `${log.name} starts at ${start}: nobody deleted what is before, only to ${logStartOffsetMax}`,
  );
  const records = readWhole(log, world.draw);
  const whole = ending === "power" || model.isTorn ? [model.batches, ...model.stale] : [model.batches];
  const candidates = config.isCompacted
    ? whole.map((each) => withoutHoles(each, model.flushedOffset, records, log))
    : whole;
  const differenceFrom = (candidate: readonly ModelBatch[]): string | undefined => {
    if (config.isCompacted) {
      const facts = { startOffset: start, nowMs: world.time.wallMs(), deleteRetentionMs: config.deleteRetentionMs };
      return compactionViolation(records, upTo(candidate, end), facts);
    }
    const expected = between(candidate, start, end);
    return sameBatches(records, expected) ? undefined : firstDifference(records, expected);
  };
  const history = candidates.find((candidate) => differenceFrom(candidate) === undefined);
  demand(history !== undefined, () => {
    const difference = differenceFrom(model.batches);
    return `${log.name}: [${start}, ${end}) is not what was appended (${ending}): ${difference}`;
  });
  demand(isEnd(history, log), () => `${log.name} ends at ${end}, which is no end of a batch`);
  if (ending === "clean") demandEqual(end, model.endOffset, `${log.name}: end after a clean shutdown`);
  const known = upTo(history, end);
  model.adopt(known, start, end, config.isCompacted);
  if (ending === "power") model.forgetStale();
  if (!config.isCompacted) return checkKnowledge(log, known, model, world);
  const surviving = splitBatches(records).map((bytes) => modelBatch(bytes));
  await checkCompactedKnowledge(log, known, surviving, model, world);
}

/**
 * In a compacted log nobody can tell what a loss of power took at the end of a segment from what was compacted away. That
 * can be so only behind what was flushed, where nothing is compacted.
 */
function withoutHoles(history: readonly ModelBatch[], flushedOffset: Offset, records: Buffer, log: Log): ModelBatch[] {
  const there = new Set(splitBatches(records).map((bytes) => modelBatch(bytes).lastOffset));
  const segments = log.segmentSizes().map(({ baseOffset }) => baseOffset);
  return history.filter(({ lastOffset }) => {
    // What lies before the log's first segment retention has taken, which waits for no flush.
    if (lastOffset < flushedOffset || lastOffset < segments[0]! || there.has(lastOffset)) return true;
    const next = segments.find((baseOffset) => baseOffset > lastOffset);
    // It is in the hole when no batch comes behind it in its segment.
    return (
      next === undefined ||
      history.some((each) => each.lastOffset > lastOffset && each.lastOffset < next && there.has(each.lastOffset))
    );
  });
}

function upTo(history: readonly ModelBatch[], end: Offset): ModelBatch[] {
  return history.filter(({ lastOffset }) => lastOffset < end);
}

function firstDifference(records: Buffer, expected: readonly ModelBatch[]): string {
  const actual = splitBatches(records).map((bytes) => modelBatch(bytes));
  const index = actual.findIndex((batch, at) => !expected[at]?.bytes.equals(batch.bytes));
  const offsets = (batch: ModelBatch | undefined): string =>
    batch === undefined ? "nothing" : `${batch.baseOffset} to ${batch.lastOffset} of epoch ${batch.epoch}`;
  const at = index < 0 ? actual.length : index;
  return `${offsets(actual[at])} instead of ${offsets(expected[at])}, behind ${offsets(actual[at - 1])}`;
}

function between(history: readonly ModelBatch[], start: number, end: number): ModelBatch[] {
  return history.filter(({ lastOffset }) => lastOffset >= start && lastOffset < end);
}

function isEnd(history: readonly ModelBatch[], log: Log): boolean {
  const { logStartOffset, logEndOffset } = log;
  if (logEndOffset === logStartOffset) return true;
  if (log.config.isCompacted && log.segmentSizes().at(-1)?.baseOffset === logEndOffset) return true;
  return history.some(({ lastOffset }) => lastOffset + 1 === logEndOffset);
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
