import { expect, test } from "vitest";
import { BrokerConfig } from "../../../src/config/broker-config.ts";
import { WriteQueue } from "../../../src/log/write-queue.ts";
import { type MetadataLog, openMetadataLog } from "../../../src/server/metadata-log.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { SeededRandom } from "../../support/random-bytes.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch } from "../log/batches.ts";

const epochs = /leader-epoch-checkpoint/;

function open(disk: MemoryDisk) {
  const time = new ManualTime();
  disk.mkdir("/data");
  disk.settle("/data");
  const properties: [string, string][] = [
    ["process.roles", "broker,controller"],
    ["node.id", "1"],
    ["controller.quorum.bootstrap.servers", "localhost:9093"],
    ["listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"],
    ["controller.listener.names", "CONTROLLER"],
    ["log.dirs", "/data"],
  ];
  const random = new SeededRandom(1);
  const diskErrors: unknown[] = [];
  const log = openMetadataLog({
    config: new BrokerConfig(new Map(properties)),
    ports: {
      clock: time,
      timers: time,
      disk,
      random: { float: () => 0, bytes: (length) => random.bytes(length) },
      logger: silentLogger,
    },
    writeQueue: new WriteQueue({ timers: time, clock: time }),
    hadCleanShutdown: false,
    onDiskError: (error) => diskErrors.push(error),
  });
  return { log, time, diskErrors };
}

/** What there is of `work` when so much time has passed. */
async function after(time: ManualTime, ms: number, work: Promise<void>): Promise<string> {
  let state = "under way";
  work.then(
    () => (state = "done"),
    (error: unknown) => (state = String(error)),
  );
  await time.advance(ms);
  return state;
}

function append(log: MetadataLog): void {
  log.append(batch(), 0);
}

const endings: Record<string, (log: MetadataLog) => Promise<void>> = {
  "a flush": (log) => log.flush(),
  "the close": (log) => log.close(),
};

test.each(Object.entries(endings))("%s of the metadata log waits for descriptors", async (_name, end) => {
  const disk = new MemoryDisk();
  const { log, time, diskErrors } = open(disk);
  log.startEpoch(0);
  append(log);
  disk.fail("open", "EMFILE", { path: epochs });
  const ended = end(log);
  expect(await after(time, 5_000, ended)).toBe("under way");
  disk.heal();
  expect(await after(time, 100, ended)).toBe("done");
  expect(diskErrors).toEqual([]);
  expect(open(disk.crash(() => 0)).log.endOffset).toBe(1);
});

test.each(Object.entries(endings))("%s of the metadata log does not wait for ever", async (_name, end) => {
  const disk = new MemoryDisk();
  const { log, time } = open(disk);
  log.startEpoch(0);
  append(log);
  disk.fail("open", "EMFILE", { path: epochs });
  expect(await after(time, 11_000, end(log))).toContain("injected open fault");
});

test.each(Object.entries(endings))("%s of the metadata log does not wait where the disk fails", async (_name, end) => {
  const disk = new MemoryDisk();
  const { log, time } = open(disk);
  append(log);
  disk.fail("sync", "EIO");
  expect(await after(time, 0, end(log))).not.toBe("under way");
});

test("the close of the metadata log is not tried again when an fsync has failed for want of memory", async () => {
  const disk = new MemoryDisk();
  const { log, time } = open(disk);
  append(log);
  disk.fail("sync", "ENOMEM", { times: 1 });
  expect(await after(time, 1_000, log.close())).toContain("could not be closed");
});
