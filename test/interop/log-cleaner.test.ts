import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { nodeClock } from "../../src/io/node/node-clock.ts";
import { nodeCompute } from "../../src/io/node/node-compute.ts";
import { nodeDisk } from "../../src/io/node/node-disk.ts";
import { defaultLogConfig } from "../../src/log/log-config.ts";
import { Log } from "../../src/log/log.ts";
import { WriteQueue } from "../../src/log/write-queue.ts";
import { buildBatch, compressBatch, type RecordDraft } from "../../src/protocol/records/batch-builder.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { waitUntil } from "../support/broker/wait-until.ts";
import { ManualTime } from "../support/manual-time.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { runTool } from "../support/run-process.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { marker } from "../unit/log/batches.ts";
import { javaTool, prepareJava, type Java } from "./support/java.ts";
import { withTool } from "./support/tool-or-skip.ts";

const topic = "compacted";
const segmentBytes = 20_000;
const indexIntervalBytes = 500;
const deleteRetentionMs = 1_000;
const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
const topicConfig = {
  "cleanup.policy": "compact",
  // Below the smallest size that `segment.bytes` allows.
  "internal.segment.bytes": segmentBytes,
  "index.interval.bytes": indexIntervalBytes,
  "min.cleanable.dirty.ratio": 0.01,
  // Time enough for what the first round marks to be gone in the second, and not in the first.
  "delete.retention.ms": deleteRetentionMs,
};

/** Appends batches of every codec and kind of producer to the log in a directory, where no broker runs. */
class OfflineWriter {
  readonly #random = new SeededRandom(4);
  readonly #sequences = [0, 0, 0];
  readonly #open = new Set<number>();
  #turn = 0;

  /** The same into each directory; returns the base offset of the active segment. */
  async write(directories: readonly string[], batchCount: number): Promise<number> {
    const logs = directories.map(openLog);
    for (let written = 0; written < batchCount; written++) {
      const { batch, origin } = await this.#next();
      for (const { log, queue } of logs) {
        // The append writes offsets into what it is given.
        expect(log.appendAsLeader(Buffer.from(batch), 0, origin, nodeClock.wallMs())).toMatchObject({ ok: true });
        queue.flush();
      }
    }
    // What is open holds the cleaner back.
    for (const producerId of this.#open) {
      const end = marker(producerId, false, nodeClock.wallMs());
      for (const { log } of logs) {
        const appended = log.appendAsLeader(Buffer.from(end), 0, "coordinator", nodeClock.wallMs());
        expect(appended).toMatchObject({ ok: true });
      }
    }
    this.#open.clear();
    const last = buildBatch({ records: [this.#record()] });
    for (const { log, queue } of logs) {
      log.roll();
      log.appendAsLeader(Buffer.from(last), 0, "client", nodeClock.wallMs());
      queue.flush();
      log.close();
    }
    return logs[0]!.log.segmentSizes().at(-1)!.baseOffset;
  }

  async #next(): Promise<{ batch: Buffer; origin: "client" | "coordinator" }> {
    const random = this.#random;
    const producerId = random.below(6);
    if (this.#open.has(producerId) && random.below(3) === 0) {
      this.#open.delete(producerId);
      return { batch: marker(producerId, random.below(2) === 0, nodeClock.wallMs()), origin: "coordinator" };
    }
    const records = Array.from({ length: 1 + random.below(8) }, () => this.#record());
    const isTransactional = producerId === 1 || producerId === 2;
    if (isTransactional) this.#open.add(producerId);
    let producer = {};
    if (producerId < 3) {
      producer = { producerId, producerEpoch: 0, baseSequence: this.#sequences[producerId]!, isTransactional };
      this.#sequences[producerId]! += records.length;
    }
    const codec = codecs[this.#turn++ % codecs.length]!;
    return { batch: await compressBatch(buildBatch({ ...producer, records }), codec, nodeCompute), origin: "client" };
  }

  #record(): RecordDraft {
    const random = this.#random;
    // Few keys that are written often, and many that are written once or twice.
    const key = random.below(3) === 0 ? `often ${random.below(20)}` : `rare ${random.below(3_000)}`;
    const value =
      random.below(6) === 0 ? null : Buffer.from(`value ${random.below(1_000_000)} `.repeat(random.below(6)));
    const headers = random.below(4) === 0 ? [{ key: "header", value: Buffer.from("x") }] : [];
    return { key: Buffer.from(key), value, headers, timestamp: nodeClock.wallMs() - random.below(1_000) };
  }
}

function openLog(dir: string): { log: Log; queue: WriteQueue } {
  const queue = new WriteQueue({ timers: new ManualTime() });
  const log = Log.open({
    dir,
    topic,
    partition: 0,
    disk: nodeDisk,
    clock: nodeClock,
    config: { ...defaultLogConfig, segmentBytes, indexIntervalBytes },
    logStartOffset: 0,
    recoveryPoint: 0,
    hadCleanShutdown: true,
    writeQueue: queue,
    logger: silentLogger,
    draw: () => 0,
    onDiskError: (error) => {
      throw error;
    },
  });
  return { log, queue };
}

/** Where the broker says that the partition is clean up to. */
function checkpointOf(dataDirectory: string): number | undefined {
  const path = join(dataDirectory, "cleaner-offset-checkpoint");
  const line = existsSync(path) ? new RegExp(`^${topic} 0 (\\d+)$`, "m").exec(readFileSync(path, "utf8")) : null;
  return line === null ? undefined : Number(line[1]);
}

function untilCleaned(broker: TestBroker, offset: number): Promise<void> {
  return waitUntil(`${offset} as the end of what ${broker.target} has cleaned`, async () => {
    const found = checkpointOf(broker.dataDirectory);
    return found === offset ? undefined : `${found}: ${broker.log}`;
  });
}

/** The partition's segments as Kafka's tool prints them, without what may differ between two who compress and measure. */
async function dump(java: Java, dataDirectory: string): Promise<string[]> {
  const dir = join(dataDirectory, `${topic}-0`);
  const files = readdirSync(dir);
  const paths = (pattern: RegExp): string =>
    files
      .filter((name) => pattern.test(name))
      .map((name) => join(dir, name))
      .join(",");
  const tool = "org.apache.kafka.tools.DumpLogSegments";
  const indexes = await javaTool(java, tool, ["--index-sanity-check", "--files", paths(/\.(index|timeindex)$/)]);
  expect(indexes.status).toBe(0);
  const passed = indexes.output.match(/passed sanity check|is empty/g)?.length ?? 0;
  expect(passed).toBe(files.filter((name) => /\d\.(index|timeindex)$/.test(name)).length);
  const verified = await javaTool(java, tool, [
    "--verify-index-only",
    "--files",
    paths(/\.(index|timeindex|txnindex)$/),
  ]);
  expect(verified.output + verified.errors).not.toMatch(/mismatch|not found|exception|out of order/i);
  const { status, output } = await javaTool(java, tool, [
    "--print-data-log",
    "--deep-iteration",
    "--files",
    paths(/\.log$/),
  ]);
  expect(status).toBe(0);
  expect(output).not.toMatch(/isvalid: false|mismatch|exception/i);
  return output
    .split("\n")
    .filter((line) => /^(\||baseOffset)/.test(line))
    .map((line) => line.replace(/ (position|size|crc): \d+/g, "").replace(/OptionalLong\[\d+\]/, "set"));
}

/** Dumps of transaction indexes: aborted transactions that readers still have to know. */
async function aborted(java: Java, dataDirectory: string): Promise<string[]> {
  const dir = join(dataDirectory, `${topic}-0`);
  const files = readdirSync(dir).filter((name) => name.endsWith(".txnindex"));
  if (files.length === 0) return [];
  const paths = files.map((name) => join(dir, name)).join(",");
  const { output } = await javaTool(java, "org.apache.kafka.tools.DumpLogSegments", ["--files", paths]);
  return output.split("\n").filter((line) => line.startsWith("version"));
}

await withTool("Apache Kafka's log cleaner", prepareJava, (java) => {
  test("Apache Kafka and we make the same of one log, in two rounds", async () => {
    const kafkas = temporaryDirectory();
    const ours = temporaryDirectory();
    const properties = { "log.cleaner.backoff.ms": "200" };
    const kafka = await TestBroker.start({ target: "kafka", dataDirectory: kafkas, properties });
    onTestFinished(() => kafka.remove());
    const config = Object.entries(topicConfig).flatMap(([name, value]) => ["--config", `${name}=${value}`]);
    await runTool("kafka-topics", ["--bootstrap-server", kafka.bootstrap, "--create", "--topic", topic, ...config]);
    await kafka.stop();
    cpSync(kafkas, ours, { recursive: true });

    const writer = new OfflineWriter();
    let odradek: TestBroker | undefined;
    for (const [round, batchCount] of [900, 300].entries()) {
      const end = await writer.write(
        [kafkas, ours].map((directory) => join(directory, `${topic}-0`)),
        batchCount,
      );
      if (round > 0) await sleep(deleteRetentionMs);
      await kafka.start();
      await untilCleaned(kafka, end);
      await kafka.stop();
      if (odradek === undefined) {
        const options = { target: "odradek", dataDirectory: ours, properties, portsOf: kafka } as const;
        odradek = await TestBroker.start(options);
        const started = odradek;
        onTestFinished(() => started.remove());
      } else await odradek.start();
      await untilCleaned(odradek, end);
      await odradek.stop();

      const expected = await dump(java, kafkas);
      expect(expected.length).toBeGreaterThan(1_000);
      const hasEmptyBatches = expected.some((line) => / count: 0 /.test(line));
      if (round === 0) expect(hasEmptyBatches).toBe(true);
      expect(await dump(java, ours)).toEqual(expected);
      expect(await aborted(java, ours)).toEqual(await aborted(java, kafkas));
    }
  });
});
