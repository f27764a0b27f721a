import { describe, expect, test } from "vitest";
import { DiskError } from "../../../src/io/ports.ts";
import {
  readCleanShutdown,
  removeCleanShutdown,
  writeCleanShutdown,
} from "../../../src/log/directory/clean-shutdown.ts";
import {
  offsetOfFileName,
  parsePartitionDirectoryName,
  renamedDirectoryName,
  segmentFileName,
} from "../../../src/log/log-files.ts";
import { readOffsetCheckpoint, writeOffsetCheckpoint } from "../../../src/log/directory/offset-checkpoint.ts";
import { PartitionMetadata, readPartitionMetadata } from "../../../src/log/partition-metadata.ts";
import { ProducerEntry } from "../../../src/log/producers/producer-entry.ts";
import { codecOf } from "../../../src/protocol/codec.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { producerSnapshot } from "../../../src/protocol/storage-records/producer-snapshot.ts";
import { Writer } from "../../../src/protocol/writer.ts";
import { readProducerSnapshot, writeProducerSnapshot } from "../../../src/log/producers/producer-snapshot.ts";
import { SeededRandom } from "../../support/random-bytes.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";

function disk(): MemoryDisk {
  const memory = new MemoryDisk();
  memory.mkdir("/log");
  return memory;
}

describe("offset checkpoints", () => {
  test("round trip through Kafka's text", () => {
    const memory = disk();
    const offsets = [
      { topic: "a", partition: 0, offset: 5 },
      { topic: "b.c-d", partition: 12, offset: 0 },
    ];
    writeOffsetCheckpoint(memory, "/log/x", offsets);
    expect(memory.readFile("/log/x").toString()).toBe("0\n2\na 0 5\nb.c-d 12 0\n");
    expect(readOffsetCheckpoint(memory, "/log/x")).toEqual(offsets);
  });

  test("old or new, never torn", () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = new SeededRandom(seed);
      const memory = disk();
      memory.settle("/log");
      writeOffsetCheckpoint(memory, "/log/x", [{ topic: "a", partition: 0, offset: 1 }]);
      memory.fail("rename", "EIO");
      expect(() => writeOffsetCheckpoint(memory, "/log/x", [{ topic: "a", partition: 0, offset: 2 }])).toThrow();
      const after = readOffsetCheckpoint(
        memory.crash((bound) => random.below(bound)),
        "/log/x",
      );
      expect(after).toEqual([{ topic: "a", partition: 0, offset: 1 }]);
    }
  });

  test("none, an empty one as Kafka creates it, and damaged ones", () => {
    const memory = disk();
    expect(readOffsetCheckpoint(memory, "/log/x")).toEqual([]);
    for (const [text, expected] of [
      ["", []],
      ["0\n0\n", []],
      ["0\n1\n", undefined],
      ["0\n1\na 0\n", undefined],
      ["0\n1\na 0 1 2\n", undefined],
      ["0\n1\na 0 -1\n", undefined],
      ["noise", undefined],
    ] as const) {
      memory.writeFileAtomic("/log/x", text);
      expect(readOffsetCheckpoint(memory, "/log/x")).toEqual(expected);
    }
  });
});

describe("the marker of a clean shutdown", () => {
  test("has Kafka's bytes, and goes for good", () => {
    const memory = disk();
    writeCleanShutdown(memory, "/log", 7);
    expect(memory.readFile("/log/.kafka_cleanshutdown").toString()).toBe('{"version":0,"brokerEpoch":7}');
    expect(readCleanShutdown(memory, "/log")).toEqual({ brokerEpoch: 7 });
    removeCleanShutdown(memory, "/log", memory.openDirectory("/log"));
    expect(
      readCleanShutdown(
        memory.crash(() => 0),
        "/log",
      ),
    ).toBeUndefined();
  });

  test("stays away when the start that removed it failed before that was durable", () => {
    const memory = disk();
    writeCleanShutdown(memory, "/log", 7);
    memory.fail("sync", "EIO", { times: 1 });
    expect(() => removeCleanShutdown(memory, "/log", memory.openDirectory("/log"))).toThrow(DiskError);
    removeCleanShutdown(memory, "/log", memory.openDirectory("/log"));
    const afterPowerLoss = memory.crash(() => 0);
    expect(readCleanShutdown(afterPowerLoss, "/log")).toBeUndefined();
  });

  test.each(["", "{}", "[1]", "null", '{"brokerEpoch":"7"}'])("without an epoch it still is one: %j", (text) => {
    const memory = disk();
    memory.writeFileAtomic("/log/.kafka_cleanshutdown", text);
    expect(readCleanShutdown(memory, "/log")).toEqual({ brokerEpoch: undefined });
  });
});

describe("partition.metadata", () => {
  test("is Kafka's", () => {
    const memory = disk();
    expect(readPartitionMetadata(memory, "/log")).toBeUndefined();
    new PartitionMetadata(memory, "/log").assign("K0a8tq3gSkK78COtfgEurw");
    expect(memory.readFile("/log/partition.metadata").toString()).toBe("version: 0\ntopic_id: K0a8tq3gSkK78COtfgEurw");
    expect(readPartitionMetadata(memory, "/log")).toBe("K0a8tq3gSkK78COtfgEurw");
  });

  const id = "K0a8tq3gSkK78COtfgEurw";
  test.each([
    ["of another system", `version: 0\r\ntopic_id: ${id}\r\n`, id],
    ["of a later version", `version: 1\ntopic_id:  ${id}\nmore: 1\n`, id],
    ["empty", "", undefined],
    ["all NULs", "\0".repeat(43), undefined],
    ["cut off", "version: 0\ntopic_id: K0a8", undefined],
    ["cut off before the NULs that fill it up", `versi${"\0".repeat(38)}`, undefined],
  ])("may be %s", (_, text, expected) => {
    const memory = disk();
    memory.writeFileAtomic("/log/partition.metadata", text);
    expect(readPartitionMetadata(memory, "/log")).toBe(expected);
  });

  test.each([
    "noise",
    "version: -1\ntopic_id: K0a8tq3gSkK78COtfgEurw",
    "version: 0\ntopic_id: K0a8tq3gSkK78COtfgEur\n",
    "version: 0\ntopic_id: K0a8tq3gSkK78COtfgEur\0w",
    "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA",
  ])("that is damaged is a failure of the disk: %j", (text) => {
    const memory = disk();
    memory.writeFileAtomic("/log/partition.metadata", text);
    expect(() => readPartitionMetadata(memory, "/log")).toThrow(
      "Error while reading partition metadata file /log/partition.metadata: it is malformed",
    );
  });

  test.each(["sync", "syncAsync"] as const)(
    "that could not be written is written by %s, which fails till then",
    async (sync) => {
      const memory = disk();
      memory.settle("/log");
      const metadata = new PartitionMetadata(memory, "/log");
      memory.fail("open", "EMFILE");
      expect(() => metadata.assign(id)).toThrow();
      expect([metadata.topicId, metadata.isPending]).toEqual([id, true]);
      await expect((async () => metadata[sync]())()).rejects.toThrow();
      memory.heal();
      expect([await metadata[sync](), metadata.isPending, await metadata[sync]()]).toEqual([true, false, false]);
      memory.syncDirectory("/log");
      const left = memory.crash(() => 0);
      expect(readPartitionMetadata(left, "/log")).toBe(id);
    },
  );

  test("is not taken for durable when it is found: who wrote it may have been killed before it was", () => {
    const killed = disk();
    killed.settle("/log");
    new PartitionMetadata(killed, "/log").assign("K0a8tq3gSkK78COtfgEurw");
    const memory = killed.kill();
    const found = new PartitionMetadata(memory, "/log");
    expect([found.sync(), found.sync()]).toEqual([true, false]);
    memory.syncDirectory("/log");
    expect(
      readPartitionMetadata(
        memory.crash(() => 0),
        "/log",
      ),
    ).toBe("K0a8tq3gSkK78COtfgEurw");
  });
});

describe("names", () => {
  test("of segments", () => {
    expect(segmentFileName(42, ".log")).toBe("00000000000000000042.log");
    expect(offsetOfFileName("00000000000000000042.timeindex")).toBe(42);
    expect(offsetOfFileName("leader-epoch-checkpoint")).toBeUndefined();
  });

  test("of partitions' directories", () => {
    const id = "0123456789abcdef0123456789abcdef";
    expect(parsePartitionDirectoryName("a-b-3")).toEqual({ topic: "a-b", partition: 3, kind: "current" });
    expect(parsePartitionDirectoryName(`a.b-3.${id}-delete`)).toEqual({ topic: "a.b", partition: 3, kind: "delete" });
    expect(parsePartitionDirectoryName(`a-3.${id}-stray`)).toEqual({ topic: "a", partition: 3, kind: "stray" });
    for (const name of ["a", "a-", "-3", "a-x", "lost+found", ".lock"])
      expect(parsePartitionDirectoryName(name)).toBeUndefined();
    const random = new SeededRandom(1);
    const ports = { float: () => 0, bytes: (length: number) => random.bytes(length) };
    const renamed = renamedDirectoryName("t".repeat(249), 12, "delete", ports);
    expect(renamed.length).toBeLessThanOrEqual(255);
    expect(parsePartitionDirectoryName(renamed)).toMatchObject({ partition: 12, kind: "delete" });
  });
});

describe("producer snapshots", () => {
  function snapshot(): { memory: MemoryDisk; entry: ProducerEntry } {
    const memory = disk();
    const entry = new ProducerEntry(77);
    entry.addBatch(3, { lastSequence: 9, lastOffset: 100, offsetDelta: 4, timestamp: 1_700_000_000_000 });
    entry.coordinatorEpoch = 2;
    entry.transactionFirstOffset = 96;
    writeProducerSnapshot(memory, "/log/5.snapshot", [entry, new ProducerEntry(78)]);
    return { memory, entry };
  }

  test("round trip", () => {
    const { memory, entry } = snapshot();
    expect(readProducerSnapshot(memory, "/log/5.snapshot")).toEqual([entry, new ProducerEntry(78)]);
  });

  test("is laid out as the schema says, with values of every size", () => {
    const { memory } = snapshot();
    const largest = new ProducerEntry(Number.MAX_SAFE_INTEGER);
    const batch = { lastSequence: 2 ** 31 - 1, lastOffset: 2 ** 52 + 1, offsetDelta: 2 ** 31 - 1, timestamp: 2 ** 43 };
    largest.addBatch(32_767, batch);
    writeProducerSnapshot(memory, "/log/6.snapshot", [largest]);
    for (const name of ["5", "6"]) {
      const bytes = memory.readFile(`/log/${name}.snapshot`);
      const codec = codecOf(producerSnapshot, 1);
      const writer = new Writer();
      codec.encode(writer, codec.decode(new Reader(bytes, 2)));
      expect(bytes.subarray(2)).toEqual(writer.toBuffer());
    }
    expect(readProducerSnapshot(memory, "/log/6.snapshot")).toEqual([largest]);
  });

  test("any flipped bit and any cut is told", () => {
    const { memory } = snapshot();
    const bytes = memory.readFile("/log/5.snapshot");
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x10;
      memory.writeFileAtomic("/log/5.snapshot", damaged);
      expect(readProducerSnapshot(memory, "/log/5.snapshot")).toBeUndefined();
      memory.writeFileAtomic("/log/5.snapshot", bytes.subarray(0, at));
      expect(readProducerSnapshot(memory, "/log/5.snapshot")).toBeUndefined();
    }
  });
});
