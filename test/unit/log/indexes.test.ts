import { describe, expect, test, vi } from "vitest";
import { OffsetIndex } from "../../../src/log/segment/offset-index.ts";
import { TimeIndex } from "../../../src/log/segment/time-index.ts";
import { type AbortedTransaction, TransactionIndex } from "../../../src/log/segment/transaction-index.ts";
import { SeededRandom } from "../../support/random-bytes.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";

function disk(): MemoryDisk {
  const memory = new MemoryDisk();
  memory.mkdir("/log");
  return memory;
}

describe("offset index", () => {
  test("the bytes are Kafka's: relative offset and position, big-endian", () => {
    const memory = disk();
    const index = new OffsetIndex(memory, "/log/0.index", 1_000);
    index.append(1_007, 0x01020304);
    index.append(1_000 + 2_147_483_647, 0x7fffffff);
    index.file.save(true);
    expect(memory.readFile("/log/0.index").toString("hex")).toBe("00000007010203047fffffff7fffffff");
  });

  test("finds what a walk over all entries finds", () => {
    const random = new SeededRandom(1);
    for (let run = 0; run < 20; run++) {
      const index = new OffsetIndex(disk(), "/log/0.index", 500);
      const entries: { offset: number; position: number }[] = [];
      let offset = 499;
      let position = 0;
      for (let count = random.below(80); count > 0; count--) {
        entries.push({ offset: (offset += 1 + random.below(5)), position: (position += 61 + random.below(900)) });
        index.append(offset, position);
      }
      for (let wanted = 495; wanted < offset + 5; wanted++) {
        expect(index.positionFor(wanted)).toBe(entries.findLast((entry) => entry.offset <= wanted)?.position ?? 0);
      }
      const cut = 498 + random.below(offset - 490);
      index.truncateTo(cut);
      expect(index.count).toBe(entries.filter((entry) => entry.offset < cut).length);
    }
  });

  test("says what is not sane: entries that do not ascend, or point behind the segment", () => {
    const index = new OffsetIndex(disk(), "/log/0.index", 0);
    index.append(5, 100);
    index.append(9, 200);
    expect(index.isSane(201)).toBe(true);
    expect(index.isSane(200)).toBe(false);
    const other = new OffsetIndex(disk(), "/log/0.index", 0);
    other.append(5, 100);
    other.append(10, 100);
    expect(other.isSane(1_000)).toBe(false);
    index.append(10, 150);
    expect(index.isSane(1_000)).toBe(false);
  });

  test("is full when the configured size is", () => {
    const index = new OffsetIndex(disk(), "/log/0.index", 0);
    index.append(1, 100);
    expect(index.isFull(17)).toBe(false);
    index.append(2, 200);
    expect(index.isFull(17)).toBe(true);
  });
});

describe("index files", () => {
  test("grow by what is new, shrink when truncated, and come back", () => {
    const memory = disk();
    const index = new OffsetIndex(memory, "/log/0.index", 0);
    for (let entry = 1; entry <= 100; entry++) index.append(entry, entry * 10);
    index.file.save(false);
    index.truncateTo(51);
    index.append(60, 600);
    index.file.save(false);
    const loaded = new OffsetIndex(memory, "/log/0.index", 0);
    loaded.file.reload();
    expect(loaded.count).toBe(51);
    expect(loaded.lastOffset).toBe(60);
    expect(loaded.positionFor(55)).toBe(500);
  });

  test("unused entries stay in memory while the file has some that are no more", () => {
    const memory = disk();
    const index = new OffsetIndex(memory, "/log/0.index", 0);
    const release = (): void => {
      index.file.releaseIfUnused();
      index.file.releaseIfUnused();
    };
    for (let entry = 1; entry <= 3; entry++) index.append(entry, entry * 10);
    index.file.save(false);
    index.truncateTo(2);
    release();
    expect(index.count).toBe(1);
    index.file.clear();
    release();
    expect(index.count).toBe(0);
    index.file.save(false);
    release();
    memory.open("/log/0.index", "create").write([Buffer.from("0000000100000061", "hex")], 0);
    expect(index.count).toBe(1);
  });

  test("unused entries leave the memory only when the file has them", () => {
    const memory = disk();
    const index = new OffsetIndex(memory, "/log/0.index", 0);
    index.append(1, 10);
    index.file.releaseIfUnused();
    index.file.releaseIfUnused();
    expect(index.lastOffset).toBe(1);
    index.file.save(false);
    index.file.releaseIfUnused();
    index.file.releaseIfUnused();
    memory.remove("/log/0.index");
    expect(index.count).toBe(0);
  });

  test("the zeros of a preallocated file are no entries", () => {
    const memory = disk();
    const file = memory.open("/log/0.index", "create");
    file.write([Buffer.from("0000000500000064", "hex"), Buffer.alloc(800)], 0);
    const index = new OffsetIndex(memory, "/log/0.index", 0);
    index.file.reload();
    expect(index.count).toBe(1);
    index.append(9, 200);
    index.file.save(false);
    expect(file.sizeBytes()).toBe(16);
  });

  test("a preallocated file is not read to be emptied", () => {
    const memory = disk();
    const file = memory.open("/log/0.index", "create");
    file.write([Buffer.from("0000000500000064", "hex"), Buffer.alloc(800)], 0);
    const index = new OffsetIndex(memory, "/log/0.index", 0);
    index.file.reload();
    const read = vi.spyOn(memory, "readFile");
    index.file.clear();
    index.append(7, 300);
    index.file.save(false);
    expect(read).not.toHaveBeenCalled();
    expect(memory.readFile("/log/0.index").toString("hex")).toBe("000000070000012c");
  });
});

describe("time index", () => {
  test("the bytes are Kafka's: timestamp and relative offset", () => {
    const memory = disk();
    const index = new TimeIndex(memory, "/log/0.timeindex", 10);
    index.maybeAppend(1_700_000_000_000, 12);
    index.file.save(true);
    expect(memory.readFile("/log/0.timeindex").toString("hex")).toBe("0000018bcfe5680000000002");
  });

  test("takes ascending timestamps only, and finds what a walk finds", () => {
    const random = new SeededRandom(2);
    for (let run = 0; run < 20; run++) {
      const index = new TimeIndex(disk(), "/log/0.timeindex", 100);
      const entries: { timestamp: number; offset: number }[] = [];
      let offset = 100;
      for (let count = random.below(60); count > 0; count--) {
        const timestamp = random.below(1_000);
        offset += random.below(4);
        if (timestamp > (entries.at(-1)?.timestamp ?? -1)) entries.push({ timestamp, offset });
        index.maybeAppend(timestamp, offset);
      }
      expect(index.count).toBe(entries.length);
      expect(index.isSane()).toBe(true);
      for (let wanted = -1; wanted < 1_001; wanted += 7) {
        expect(index.offsetFor(wanted)).toBe(entries.findLast((entry) => entry.timestamp <= wanted)?.offset ?? 100);
      }
      const cut = 100 + random.below(offset - 98);
      index.truncateTo(cut);
      expect(index.count).toBe(entries.filter((entry) => entry.offset < cut).length);
    }
  });

  test.each([
    {
      entries: [
        [5, 12],
        [6, 12],
      ],
      isSane: true,
    },
    {
      entries: [
        [5, 12],
        [6, 11],
      ],
      isSane: false,
    },
    {
      entries: [
        [5, 12],
        [5, 13],
      ],
      isSane: false,
    },
    { entries: [[5, 10]], isSane: true },
    { entries: [[5, 9]], isSane: false },
  ])("says what is not sane: times that do not ascend, offsets that go back: $entries", ({ entries, isSane }) => {
    const memory = disk();
    const bytes = Buffer.alloc(12 * entries.length);
    for (const [slot, [timestamp, offset]] of entries.entries()) {
      bytes.writeBigInt64BE(BigInt(timestamp!), slot * 12);
      bytes.writeInt32BE(offset! - 10, slot * 12 + 8);
    }
    memory.open("/log/10.timeindex", "create").write([bytes], 0);
    const index = new TimeIndex(memory, "/log/10.timeindex", 10);
    index.file.reload();
    expect(index.isSane()).toBe(isSane);
  });

  test("what a cut file ends with is not taken for its last entry", () => {
    const memory = disk();
    const index = new TimeIndex(memory, "/log/0.timeindex", 0);
    index.maybeAppend(5, 1);
    index.maybeAppend(6, 2);
    index.file.save(false);
    expect(index.peekLastTimestamp()).toBe(6);
    memory.open("/log/0.timeindex", "readwrite").truncate(20);
    expect(index.peekLastTimestamp()).toBeNaN();
  });

  test("keeps room for the entry that ends it", () => {
    const index = new TimeIndex(disk(), "/log/0.timeindex", 0);
    expect(index.isFull(36)).toBe(false);
    index.maybeAppend(1, 1);
    expect(index.isFull(36)).toBe(false);
    index.maybeAppend(2, 2);
    expect(index.isFull(36)).toBe(true);
  });
});

describe("transaction index", () => {
  const aborted: AbortedTransaction[] = [
    { producerId: 1, firstOffset: 0, lastOffset: 20, lastStableOffset: 5 },
    { producerId: 2, firstOffset: 5, lastOffset: 30, lastStableOffset: 25 },
    { producerId: 3, firstOffset: 25, lastOffset: 40, lastStableOffset: 41 },
  ];

  test("the bytes are Kafka's", () => {
    const memory = disk();
    const index = new TransactionIndex(memory, "/log/0.txnindex");
    index.append({ producerId: 1, firstOffset: 2, lastOffset: 3, lastStableOffset: 4 });
    index.save(true);
    const long = (value: number) => value.toString(16).padStart(16, "0");
    expect(memory.readFile("/log/0.txnindex").toString("hex")).toBe(`0000${long(1)}${long(2)}${long(3)}${long(4)}`);
  });

  test("no file without an entry", () => {
    const memory = disk();
    new TransactionIndex(memory, "/log/0.txnindex").save(true);
    expect(memory.list("/log")).toEqual([]);
  });

  test("collects those that overlap a range, and knows when it has all", () => {
    const index = new TransactionIndex(disk(), "/log/0.txnindex");
    for (const transaction of aborted) index.append(transaction);
    for (let start = 0; start < 45; start++) {
      for (let end = start + 1; end < 46; end++) {
        const found: AbortedTransaction[] = [];
        const isComplete = index.collect(start, end, found);
        const expected = aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= start && firstOffset < end);
        expect(found).toEqual(expected);
        expect(isComplete).toBe(end <= 41);
      }
    }
  });

  test("truncates by the marker, and knows damage", () => {
    const memory = disk();
    const index = new TransactionIndex(memory, "/log/0.txnindex");
    for (const transaction of aborted) index.append(transaction);
    index.truncateTo(30);
    expect(index.count).toBe(1);
    expect(index.isSane(0)).toBe(true);
    expect(index.isSane(21)).toBe(false);
    index.save(false);
    const file = memory.open("/log/0.txnindex", "readwrite");
    file.write([Buffer.from([0, 1])], 0);
    index.file.reload();
    expect(index.isSane(0)).toBe(false);
    file.write([Buffer.from([0, 0])], 0);
    index.file.reload();
    expect(index.isSane(0)).toBe(true);
    index.append({ producerId: 9, firstOffset: 9, lastOffset: 8, lastStableOffset: 0 });
    expect(index.isSane(0)).toBe(false);
  });

  test("an entry of zeros is damage, also when it is the only one", () => {
    const disk = new MemoryDisk();
    disk.mkdir("/log");
    const file = disk.open("/log/0.txnindex", "create");
    file.write([Buffer.alloc(34)], 0);
    file.close();
    const index = new TransactionIndex(disk, "/log/0.txnindex");
    index.file.reload();
    expect(index.isSane(0)).toBe(false);
  });
});
