import { expect, test } from "vitest";
import { crc32c } from "../../../../src/base/crc32c.ts";
import { ProducerSnapshots } from "../../../../src/log/producers/producer-snapshots.ts";
import { producerSnapshotBytes } from "../../../../src/log/producers/producer-snapshot.ts";
import { ProducerState } from "../../../../src/log/producers/producer-state.ts";
import { Segments } from "../../../../src/log/segment/segments.ts";
import { BatchView } from "../../../../src/protocol/records/batch-header.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { silentLogger } from "../../../support/silent-logger.ts";
import { batch, marker } from "../batches.ts";

function open(disk = new MemoryDisk()) {
  disk.mkdir("/log");
  const producerState = new ProducerState("topic-0");
  const snapshots = new ProducerSnapshots({
    disk,
    logger: silentLogger,
    directory: "/log",
    name: "topic-0",
    producerState,
  });
  const take = (bytes: Buffer): void => void producerState.update(new BatchView(bytes, 0));
  return { disk, producerState, snapshots, take };
}

test("of snapshots within a segment the newest is left, with that of its beginning", () => {
  const { snapshots } = open();
  snapshots.write(10);
  const none = producerSnapshotBytes([]);
  for (const offset of [15, 20]) snapshots.leaveWithin(10, offset, none);
  expect(snapshots.offsets()).toEqual([10, 20]);
  expect(snapshots.newestOffset).toBe(20);
  snapshots.remove((offset) => offset === 20);
  expect(snapshots.newestOffset).toBe(-1);
});

test("what a flush has made durable the next one leaves alone", async () => {
  const { snapshots } = open();
  snapshots.write(10);
  expect([snapshots.syncAll(), snapshots.syncAll()]).toEqual([true, false]);
  snapshots.write(20);
  const log = { isUsable: true };
  expect([await snapshots.syncAllAsync(log), await snapshots.syncAllAsync(log)]).toEqual([true, false]);
});

test("producers whose batches have all gone are those of the snapshot at the log's end", () => {
  const { disk, snapshots, take } = open();
  take(batch({ producerId: 7, producerEpoch: 0, baseSequence: 0, baseOffset: 0 }));
  snapshots.write(1);
  const next = open(disk);
  next.snapshots.restore(new Segments(), 1, 1, next.snapshots.offsets());
  expect(next.producerState.get(7)).toMatchObject({ lastSequence: 0, lastDataOffset: 0 });
});

test("a producer of whom only a marker is known has Kafka's number for no sequence", () => {
  const { producerState, take } = open();
  take(marker(7, true));
  const bytes = producerSnapshotBytes(producerState.entries());
  expect(bytes.readInt32BE(20)).toBe(-1);
  expect(bytes.readUInt32BE(2)).toBe(crc32c(bytes, 6));
});
