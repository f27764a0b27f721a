import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTopic, logEnds } from "../harness/admin.ts";
import { createPlace, format, removePlace, startBroker, type Broker, type Place } from "../harness/broker.ts";
import { syncDisks, takeLogsIntoPageCache } from "../harness/page-cache.ts";
import { runJob } from "../harness/run-job.ts";
import { gigabyte, megabyte, Session, valueSizeBytes } from "../harness/session.ts";
import { type Options } from "../harness/options.ts";
import { type Target } from "../harness/target.ts";
import { recordsPer16k } from "./produce.ts";

const topic = "restart";
const fillMsMax = 300_000;
const settleMs = 3_000;
/** How long nobody writes before the broker is killed. */
const calmMs = 10_000;
const kilobyte = 1000;

/** A data directory full of partitions on which both brokers are started in turn. */
export interface FullPlace {
  readonly place: Place;
  /** The sum of the partitions' log ends: whoever starts there has to find them all. */
  records: number;
}

/** Fills a directory and leaves it as a crash does. */
export async function fillPlace(target: Target, options: Options): Promise<FullPlace> {
  const place = await createPlace(options.folder);
  await format(target, place);
  const broker = await startBroker(target, place);
  try {
    const partitions = options.restartPartitions;
    process.stderr.write(`  filling ${partitions} partitions with ${options.restartGigabytes} GB …\n`);
    await createTopic(broker.port, topic, partitions);
    const { bytes } = await runJob(broker, {
      kind: "produce",
      port: broker.port,
      topic,
      valueSizeBytes,
      recordsPerBatch: recordsPer16k,
      partitions,
      partitionsPerRequest: 1,
      connections: 1,
      window: 10,
      warmupMs: 0,
      measureMs: fillMsMax,
      phaseSizeBytesMax: options.restartGigabytes * gigabyte,
    });
    process.stderr.write(`  … with ${(bytes / gigabyte).toFixed(1)} GB\n`);
    return { place, records: sum(await logEnds(broker.port, topic, partitions)) };
  } finally {
    await broker.kill();
  }
}

/**
 * Starts after a crash that came before anything was flushed, after a clean stop, and after a crash a while behind the last
 * write to each partition; leaves the directory as a crash does.
 */
export async function restart(target: Target, full: FullPlace, options: Options): Promise<Session> {
  const empty = await emptyFootprint(target, options);
  forgetFlushes(full.place);
  const [first, unflushedMs] = await started(target, full, options);
  await first.stop();
  const [broker, cleanMs] = await started(target, full, options);
  await sleep(settleMs);
  const session = new Session(broker, options);
  session.set("restart.unflushedMs", unflushedMs);
  session.set("restart.cleanMs", cleanMs);
  const { restartPartitions } = options;
  const grown = broker.residentBytes() - empty.residentBytes;
  session.set("partitions.kilobytesEach", grown / restartPartitions / kilobyte);
  session.set("partitions.descriptorsEach", (broker.descriptors() - empty.descriptors) / restartPartitions);
  try {
    await appendToAll(broker, options);
    full.records = sum(await logEnds(broker.port, topic, restartPartitions));
    await sleep(calmMs);
  } finally {
    await broker.kill();
  }
  const [last, killedMs] = await started(target, full, options);
  session.set("restart.killedMs", killedMs);
  await last.kill();
  return session;
}

/** A broker that serves every partition, and how long that took. */
async function started(target: Target, full: FullPlace, options: Options): Promise<readonly [Broker, number]> {
  settle(full.place);
  const broker = await startBroker(target, full.place);
  try {
    return [broker, await readyMs(broker, full, options)];
  } catch (error) {
    // What has failed must not stay in the way of the next turn.
    await broker.kill();
    throw error;
  }
}

/** A record or more to each partition. */
async function appendToAll(broker: Broker, { restartPartitions }: Options): Promise<void> {
  await runJob(broker, {
    kind: "produce",
    port: broker.port,
    topic,
    valueSizeBytes,
    recordsPerBatch: 1,
    partitions: restartPartitions,
    partitionsPerRequest: 1,
    connections: 1,
    window: 10,
    warmupMs: 0,
    measureMs: fillMsMax,
    phaseSizeBytesMax: restartPartitions * valueSizeBytes * 4,
  });
}

/** From starting the process until every partition tells where its log ends. */
async function readyMs(broker: Broker, { records }: FullPlace, options: Options): Promise<number> {
  const ends = await logEnds(broker.port, topic, options.restartPartitions);
  const elapsed = performance.now() - broker.startedAt;
  const missing = records - sum(ends);
  if (missing !== 0) throw new Error(`${broker.target.label} has lost ${missing} of ${records} records`);
  return elapsed;
}

/** The disk has nothing to do, and the page cache has the logs: it has not ended with the broker. */
function settle({ dataFolder }: Place): void {
  syncDisks();
  takeLogsIntoPageCache(dataFolder);
}

/** As if the crash had come before anything was flushed: what was done since the last start is no help. */
function forgetFlushes({ dataFolder }: Place): void {
  for (const name of [".kafka_cleanshutdown", "recovery-point-offset-checkpoint"]) {
    rmSync(join(dataFolder, name), { force: true });
  }
}

async function emptyFootprint(
  target: Target,
  options: Options,
): Promise<{ residentBytes: number; descriptors: number }> {
  const place = await createPlace(options.folder);
  await format(target, place);
  const broker = await startBroker(target, place);
  try {
    await sleep(settleMs);
    process.stderr.write(`    empty: ${Math.round(broker.residentBytes() / megabyte)} MB\n`);
    return { residentBytes: broker.residentBytes(), descriptors: broker.descriptors() };
  } finally {
    await broker.kill();
    removePlace(place);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
