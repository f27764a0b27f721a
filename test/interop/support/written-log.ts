import { mkdirSync } from "node:fs";
import { expect } from "vitest";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { nodeDisk } from "../../../src/io/node/node-disk.ts";
import { defaultLogConfig } from "../../../src/log/log-config.ts";
import { Log } from "../../../src/log/log.ts";
import { WriteQueue } from "../../../src/log/write-queue.ts";
import { buildBatch, compressBatch } from "../../../src/protocol/records/batch-builder.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { marker } from "../../unit/log/batches.ts";

const startMs = 1_700_000_000_000;
export const recordCount = 2_000;
const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

/** Batches of every codec, of an idempotent and of a transactional producer, through several segments and epochs. */
export async function writeLog(dir: string): Promise<Log> {
  mkdirSync(dir);
  const time = new ManualTime(startMs);
  const queue = new WriteQueue({ timers: time });
  const log = Log.open({
    dir,
    topic: "topic",
    partition: 0,
    topicId: "AAAAAAAAAAAAAAAAAAAAAQ",
    disk: nodeDisk,
    clock: time,
    config: { ...defaultLogConfig, segmentBytes: 20_000, indexIntervalBytes: 500 },
    logStartOffset: 0,
    recoveryPoint: 0,
    hadCleanShutdown: false,
    writeQueue: queue,
    logger: silentLogger,
    draw: () => 0,
    onDiskError: (error) => {
      throw error;
    },
  });
  let sequence = 0;
  for (let written = 0, turn = 0; written < recordCount; turn++) {
    const count = 1 + (turn % 7);
    const records = Array.from({ length: count }, (_, index) => ({
      key: Buffer.from(`key-${written + index}`),
      value: Buffer.from(`value-${written + index}-`.repeat(1 + (turn % 5))),
      headers: turn % 3 === 0 ? [{ key: "header", value: Buffer.from("x") }] : [],
      timestamp: startMs + ((turn * 37) % 1_000) + index,
    }));
    const producer =
      turn % 4 === 0
        ? {}
        : { producerId: turn % 4, producerEpoch: 0, baseSequence: 0, isTransactional: turn % 4 === 3 };
    if (turn % 4 === 1) Object.assign(producer, { baseSequence: sequence });
    if (turn % 4 === 1) sequence += count;
    // Each batch of the others is its producer's first of a new epoch.
    if (turn % 4 >= 2) Object.assign(producer, { producerEpoch: turn >> 2 });
    const batch = await compressBatch(buildBatch({ ...producer, records }), codecs[turn % codecs.length]!, nodeCompute);
    expect(log.appendAsLeader(batch, turn >> 4, "client", startMs)).toMatchObject({ ok: true });
    written += count;
    if (turn % 4 === 3) {
      const end = marker(3, turn % 8 === 3, startMs + turn, turn >> 2);
      expect(log.appendAsLeader(end, turn >> 4, "coordinator", startMs)).toMatchObject({ ok: true });
    }
    queue.flush();
  }
  log.close();
  return log;
}
