import { expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, marker, startMs } from "./batches.ts";
import { openLog } from "./open-log.ts";

const refused = { ok: false, error: Errors.KAFKA_STORAGE_ERROR };

/** A log of `count` batches that was closed in good order. */
function closedLog(disk: MemoryDisk, count = 200): void {
  const { log, queue } = openLog(disk);
  for (let index = 0; index < count; index++) log.appendAsLeader(batch(), 0, "client", startMs);
  queue.flush();
  log.close();
}

test.each([/\.index$/, /\.timeindex$/, /\.log$/])(
  "an append that cannot read %s is refused, as the disk's failure",
  (path) => {
    const disk = new MemoryDisk();
    closedLog(disk);
    const { log, diskErrors } = openLog(disk, {}, { hadCleanShutdown: true });
    disk.fail("open", "EIO", { path });
    expect(log.appendAsLeader(batch(), 0, "client", startMs)).toMatchObject(refused);
    expect(diskErrors).toHaveLength(1);
    expect(log.logEndOffset).toBe(200);
  },
);

test("an abort marker that cannot be noted is refused before anything of it is kept", () => {
  const disk = new MemoryDisk();
  const { log, queue } = openLog(disk);
  const transaction = { producerId: 1, producerEpoch: 0, isTransactional: true };
  log.appendAsLeader(batch({ ...transaction, baseSequence: 0 }), 0, "client", startMs);
  log.appendAsLeader(marker(1, true), 0, "coordinator", startMs);
  log.appendAsLeader(batch({ ...transaction, baseSequence: 1 }), 0, "client", startMs);
  queue.flush();
  log.close();
  const reopened = openLog(disk, {}, { hadCleanShutdown: true });
  reopened.log.appendAsLeader(batch(), 0, "client", startMs);
  reopened.queue.flush();
  disk.fail("open", "EIO", { path: /\.txnindex$/ });
  const { log: failing } = reopened;
  expect(failing.appendAsLeader(marker(1, true), 0, "coordinator", startMs)).toMatchObject(refused);
  expect(failing.logEndOffset).toBe(4);
  expect(failing.producerState.get(1)?.transactionFirstOffset).toBe(2);
  expect(reopened.diskErrors).toHaveLength(1);
});
