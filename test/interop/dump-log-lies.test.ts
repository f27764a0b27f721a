import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeVarint } from "../../src/base/varint.ts";
import { nodeCompute } from "../../src/io/node/node-compute.ts";
import { type CompressionName } from "../../src/io/ports.ts";
import {
  attributesAt,
  batchHeaderSizeBytes,
  BatchView,
  compressionId,
  lastOffsetDeltaAt,
  lengthAt,
  logOverheadBytes,
  recordCountAt,
} from "../../src/protocol/records/batch-header.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { dumpTool, firstDifference, ourDump } from "./support/dump-tools.ts";
import { prepareJava, type ToolResult } from "./support/java.ts";
import { JavaToolRunner } from "./support/java-tool-runner.ts";
import { withTool } from "./support/tool-or-skip.ts";

/** Batches whose checksum is right and whose inner sizes lie: no disk does that, a faulty producer may. */
const codecs: readonly (CompressionName | "none")[] = ["none", "gzip", "snappy", "lz4", "zstd"];

const sound = buildBatch({
  leaderEpoch: 0,
  records: [1, 2, 3].map((index) => ({
    key: Buffer.from(`k${index}`),
    value: Buffer.from(`value ${index}`),
    headers: [{ key: "h", value: Buffer.from("x") }],
    timestamp: 1_700_000_000_000 + index,
  })),
});
const soundPayload = sound.subarray(batchHeaderSizeBytes);
const recordSizeBytes = soundPayload.length / 3;

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  return bytes.subarray(0, writeVarint(bytes, 0, value));
}

/** One byte of the first record has another value: each of its sizes is a varint of one byte. */
const withByte = (at: number, value: number) => (): Buffer => {
  const copy = Buffer.from(soundPayload);
  copy[at] = varint(value)[0]!;
  return copy;
};
/** Where they stand: size, attributes, timestamp, offset, key, value, count of headers, header's key, header's value. */
const at = { size: 0, key: 4, value: 4 + 3, headers: 4 + 3 + 8, headerKey: 4 + 3 + 9, headerValue: 4 + 3 + 11 };

const payloads: Record<string, () => Buffer> = {
  "nothing wrong": () => soundPayload,
  "a record longer than the batch": withByte(at.size, 63),
  "a record shorter than what is in it": withByte(at.size, 10),
  "a record one byte longer than what is in it": withByte(at.size, recordSizeBytes),
  "a record of no bytes": withByte(at.size, 0),
  "a record of a negative size": withByte(at.size, -1),
  "a record of 2 GB": () => Buffer.concat([varint(2_147_483_647), soundPayload.subarray(1)]),
  "a size that never ends": () => Buffer.concat([Buffer.alloc(6, 0xff), soundPayload.subarray(1)]),
  "a key longer than its record": withByte(at.key, 60),
  "a key of a size below -1": withByte(at.key, -2),
  "a value longer than its record": withByte(at.value, 60),
  "a value of a size below -1": withByte(at.value, -5),
  "a value shorter than it is": withByte(at.value, 2),
  "fewer headers than none": withByte(at.headers, -1),
  "more headers than there are": withByte(at.headers, 2),
  "fewer headers than there are": withByte(at.headers, 0),
  "more headers than bytes": withByte(at.headers, 63),
  "a header without a key": withByte(at.headerKey, -1),
  "a header's key longer than its record": withByte(at.headerKey, 60),
  "a header's value longer than its record": withByte(at.headerValue, 60),
  "no records at all": () => Buffer.alloc(0),
  "half of the last record": () => soundPayload.subarray(0, -recordSizeBytes / 2),
  "bytes behind the last record": () => Buffer.concat([soundPayload, Buffer.from("more")]),
};

const counts = [3, 2, 4, 1_000_000, 2_147_483_647, 0, -1, -2_147_483_648];

async function batchOf(payload: Buffer, codec: CompressionName | "none", count = 3): Promise<Buffer> {
  const stored = codec === "none" ? payload : await nodeCompute.compress(codec, payload, undefined);
  const bytes = Buffer.concat([sound.subarray(0, batchHeaderSizeBytes), stored]);
  bytes.writeInt32BE(bytes.length - logOverheadBytes, lengthAt);
  bytes.writeInt32BE(count, recordCountAt);
  bytes.writeInt32BE(2, lastOffsetDeltaAt);
  bytes.writeInt16BE(codec === "none" ? 0 : compressionId(codec), attributesAt);
  new BatchView(bytes, 0).updateCrc();
  return bytes;
}

await withTool("kafka-dump-log.sh of sizes that lie", prepareJava, (java) => {
  describe("kafka-dump-log.sh of batches whose sizes lie", () => {
    const parent = mkdtempSync(join(tmpdir(), "odradek-"));
    let kafkas: JavaToolRunner;
    let files = 0;
    beforeAll(() => {
      kafkas = new JavaToolRunner(java, dumpTool);
    });
    afterAll(async () => {
      await kafkas.close();
      rmSync(parent, { recursive: true });
    });

    /** Where the tools differ on a log of these bytes; "" when they do not. */
    async function difference(bytes: Buffer): Promise<string> {
      const path = join(parent, `t${files++}-0`, "00000000000000000000.log");
      mkdirSync(dirname(path));
      writeFileSync(path, bytes);
      for (const options of [[], ["--print-data-log"]]) {
        const args = [...options, "--files", path];
        const [ours, theirs] = [await ourDump(args), await kafkas.run(args)];
        if (!isDeepStrictEqual(withoutReasons(ours), withoutReasons(theirs))) return firstDifference(ours, theirs);
      }
      return "";
    }

    test.each(codecs)("within them, compressed with %s", async (codec) => {
      const differences: Record<string, string> = {};
      for (const [name, payload] of Object.entries(payloads)) {
        const found = await difference(Buffer.concat([await batchOf(payload(), codec), sound]));
        if (found !== "") differences[name] = found;
      }
      for (const count of counts) {
        const found = await difference(Buffer.concat([await batchOf(soundPayload, codec, count), sound]));
        if (found !== "") differences[`${count} records`] = found;
      }
      expect(differences).toEqual({});
    });

    test("of themselves", async () => {
      const differences: Record<string, string> = {};
      for (const size of [
        -1,
        0,
        10,
        14,
        20,
        40,
        44,
        48,
        49,
        50,
        sound.length - 13,
        sound.length - 11,
        10_000,
        2_147_483_647,
      ]) {
        const lying = Buffer.from(sound);
        lying.writeInt32BE(size, lengthAt);
        const found = await difference(Buffer.concat([sound, lying, sound]));
        if (found !== "") differences[`${size} bytes`] = found;
      }
      expect(differences).toEqual({});
    });
  });
});

/**
 * Kafka has several readers of one format, and each finds another of two faults first or runs out of memory; which it is stands in
 * the words behind the exception, and is left out.
 */
function withoutReasons({ status, output, errors }: ToolResult): object {
  const said = errors
    .replace(/^Caused by: .*\n?/gm, "")
    .replace(/(?<="main" )(\S+\.(KafkaException|IllegalArgumentException|OutOfMemoryError)): .*/, "unreadable")
    .replace(/(?<="main" )\S+InvalidRecordException: (?!.*reached EOF|.*remaining bytes).*/, "unreadable")
    .replace(/(?<="main" )\S+InvalidRecordException: .*expected (-1|2147483647) bytes.*/, "unreadable");
  return { status, output, errors: said };
}
