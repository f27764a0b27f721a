import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { javaStringHash } from "../../src/base/java-hash.ts";
import { writeUnsignedVarint } from "../../src/base/varint.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { type Draft, type Message } from "../../src/protocol/schema.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { allMessages } from "../support/all-messages.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { messageArbitrary } from "../support/message-arbitrary.ts";
import { bothDump, dumpTool, firstDifference, ourDump } from "./support/dump-tools.ts";
import { prepareJava, type ToolResult } from "./support/java.ts";
import { JavaToolRunner } from "./support/java-tool-runner.ts";
import { withTool } from "./support/tool-or-skip.ts";
import { writeLog } from "./support/written-log.ts";

const firstFile = "00000000000000000000.log";
const valuesPerVersion = 8;
const messages = await allMessages();

function encoded(message: Message<unknown>, version: number, value: object, prefix: Buffer): Buffer {
  const writer = new Writer();
  codecOf(message, version).encode(writer, value as Draft<unknown>);
  return Buffer.concat([prefix, writer.toBuffer()]);
}

function samples(message: Message<unknown>, version: number): object[] {
  return fc.sample(messageArbitrary(message, version), { numRuns: valuesPerVersion, seed: 4 });
}

interface KeyAndValue {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Every version of the records of a coordinator, with keys and values of all sorts. */
function coordinatorRecords(isOne: (key: Message<unknown>) => boolean): KeyAndValue[] {
  const keys = [...messages.values()].filter((message) => message.name.endsWith("Key") && isOne(message));
  return keys.flatMap((key) => {
    const value = messages.get(key.name.replace(/Key$/, "Value"))!;
    const keyBytes = samples(key, 0).map((sample) => encoded(key, 0, sample, int16(key.key)));
    const records: KeyAndValue[] = [{ key: keyBytes[0]!, value: null }];
    for (let version = value.versions.from; version <= value.versions.to; version++) {
      samples(value, version).forEach((sample, index) => {
        records.push({ key: keyBytes[index]!, value: encoded(value, version, sample, int16(version)) });
      });
    }
    return records;
  });
}

/** What stands in the records of remote segments for Kafka to take them; others are complained of. */
function plausible(value: object, index: number): object {
  return {
    ...value,
    startOffset: index,
    endOffset: index * 1_000_000,
    remoteLogSegmentState: index % 4,
    remotePartitionDeleteState: index % 3,
    segmentLeaderEpochs: [7, 3, 12, 3].map((leaderEpoch, offset) => ({ leaderEpoch, offset })),
  };
}

/** Every version of the records that are framed as those of the metadata log are. */
function framedRecords(isOne: (message: Message<unknown>) => boolean): KeyAndValue[] {
  return [...messages.values()].filter(isOne).flatMap((message) => {
    const records: KeyAndValue[] = [];
    for (let version = message.versions.from; version <= message.versions.to; version++) {
      for (const sample of samples(message, version)) {
        const prefix = Buffer.concat([1, message.key, version].map(unsignedVarint));
        records.push({ key: null, value: encoded(message, version, sample, prefix) });
        if (!message.name.startsWith("Remote")) continue;
        records.push({ key: null, value: encoded(message, version, plausible(sample, records.length), prefix) });
      }
    }
    return records;
  });
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function unsignedVarint(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  return bytes.subarray(0, writeUnsignedVarint(bytes, 0, value));
}

const folderOf = (message: Message<unknown>): string => folders.get(message.name) ?? "";
const folders = await foldersOfMessages();

async function foldersOfMessages(): Promise<Map<string, string>> {
  const root = new URL("../../src/protocol/", import.meta.url);
  const found = new Map<string, string>();
  for (const folder of [
    "group-records",
    "transaction-records",
    "share-records",
    "metadata-records",
    "remote-log-records",
  ]) {
    for (const file of readdirSync(new URL(folder, root))) {
      const module = (await import(new URL(`${folder}/${file}`, root).href)) as Record<string, { name?: string }>;
      for (const value of Object.values(module)) if (value.name !== undefined) found.set(value.name, folder);
    }
  }
  return found;
}

await withTool("kafka-dump-log.sh", prepareJava, (java) => {
  describe("kafka-dump-log.sh prints what Kafka's own prints", () => {
    const parent = mkdtempSync(join(tmpdir(), "odradek-"));
    let kafkas: JavaToolRunner;
    beforeAll(() => {
      kafkas = new JavaToolRunner(java, dumpTool);
    });
    afterAll(async () => {
      await kafkas.close();
      rmSync(parent, { recursive: true });
    });

    function writeRecords(folder: string, records: readonly KeyAndValue[]): string {
      mkdirSync(join(parent, folder));
      const path = join(parent, folder, firstFile);
      const batches = records.map((record, index) =>
        buildBatch({ baseOffset: index, leaderEpoch: 0, records: [{ ...record, timestamp: 1_700_000_000_000 }] }),
      );
      writeFileSync(path, Buffer.concat(batches));
      return path;
    }

    test.each([
      ["--offsets-decoder", "group-records", coordinatorRecords],
      ["--transaction-log-decoder", "transaction-records", coordinatorRecords],
      ["--share-group-state-decoder", "share-records", coordinatorRecords],
      ["--cluster-metadata-decoder", "metadata-records", framedRecords],
      ["--remote-log-metadata-decoder", "remote-log-records", framedRecords],
    ] as const)("with %s of every version of every record", async (decoder, folder, recordsOf) => {
      const records = recordsOf((message) => folderOf(message) === folder);
      expect(records.length).toBeGreaterThan(valuesPerVersion);
      const path = writeRecords(folder, records);
      const { status, output } = await bothDump(kafkas, [decoder, "--files", path]);
      expect(status).toBe(0);
      expect(output.match(/^\| offset/gm)?.length).toBe(records.length);
    });

    describe("of a log of ours", () => {
      const dir = join(parent, "topic-0");
      let names: string[];
      beforeAll(async () => {
        await writeLog(dir);
        names = readdirSync(dir).filter((name) => /^\d/.test(name));
      });
      const files = (...suffixes: string[]): string =>
        names
          .filter((name) => suffixes.length === 0 || suffixes.some((suffix) => name.endsWith(suffix)))
          .map((name) => join(dir, name))
          .join(",");

      test.each([
        [],
        ["--deep-iteration"],
        ["--print-data-log"],
        ["--print-data-log", "--skip-record-metadata"],
        ["--deep-iteration", "--skip-record-metadata"],
        ["--index-sanity-check"],
        ["--verify-index-only"],
        ["--max-bytes", "5000", "--deep-iteration"],
        ["--max-bytes", "0"],
        ["--value-decoder-class", "org.apache.kafka.tools.api.LongDecoder"],
        ["--key-decoder-class"],
        ["--key-decoder-class", "org.apache.kafka.tools.api.IntegerDecoder", "--value-decoder-class"],
        ["--offsets-decoder"],
        ["--transaction-log-decoder"],
        ["--share-group-state-decoder"],
      ])("with %j %j %j", async (...options: string[]) => {
        await bothDump(kafkas, [...options, "--files", files()]);
      });

      test("of files whose names share a bucket of the tool's map", async () => {
        const [, ...later] = names.filter((name) => name.endsWith(".log"));
        const bucketOf = (path: string): number => ((hash) => (hash ^ (hash >>> 16)) & 15)(javaStringHash(path));
        const crowded = later.map((name) => {
          const paths = Array.from({ length: 1_000 }, (_, index) => join(parent, `crowded-${index}`, name));
          const path = paths.find((each) => bucketOf(each) === 0)!;
          mkdirSync(dirname(path), { recursive: true });
          copyFileSync(join(dir, name), path);
          return path;
        });
        const { errors } = await bothDump(kafkas, ["--deep-iteration", "--files", crowded.join(",")]);
        expect(errors.match(/^Non-consecutive offsets in/gm)?.length).toBe(later.length);
      });

      test("with a bound of the message size that the batches pass", async () => {
        await bothDump(kafkas, ["--files", files(".index"), "--max-message-size", "100"]);
      });

      test("with decoders that do not fit", async () => {
        for (const decoder of ["--cluster-metadata-decoder", "--remote-log-metadata-decoder"]) {
          const theirs = await kafkas.run([decoder, "--files", files(".log")]);
          const ours = await ourDump([decoder, "--files", files(".log")]);
          // What a parser says of bytes that mean nothing is its own.
          const outline = ({ status, output }: ToolResult) => [status, output.replace(/(?<=skipping\. ).*/g, "")];
          expect(outline(ours)).toEqual(outline(theirs));
        }
      });

      test("in files that were damaged anywhere", async () => {
        const damagedDir = join(parent, "damaged-0");
        mkdirSync(damagedDir);
        const random = new SeededRandom(4);
        const segment = names.filter((name) => name.endsWith(".log"))[1]!.slice(0, -".log".length);
        const its = names.filter((name) => name.startsWith(segment));
        const whole = its.map((name) => [name, readFileSync(join(dir, name))] as const);
        const differences: string[] = [];
        for (let round = 0; round < 150; round++) {
          const damaged = its[round % its.length]!;
          for (const [name, bytes] of whole) {
            writeFileSync(join(damagedDir, name), name === damaged ? damage(bytes, random) : bytes);
          }
          const options = ["--deep-iteration", "--print-data-log", "--index-sanity-check", "--verify-index-only"];
          const args = [
            "--files",
            its.map((name) => join(damagedDir, name)).join(","),
            ...options.filter(() => random.below(3) === 0),
          ];
          // Ours first: it changes nothing, Kafka's cuts an index to whole entries.
          const [ours, theirs] = [await ourDump(args), await kafkas.run(args)];
          const isEqual = isDeepStrictEqual(withoutReasons(ours), withoutReasons(theirs));
          if (!isEqual) differences.push(`${damaged} ${args.slice(2).join(" ")}: ${firstDifference(ours, theirs)}`);
        }
        expect(differences).toEqual([]);
      });
    });
  });
});

/** Leaves out why bytes could not be decompressed or decoded: that is in the words of the library that tried. */
function withoutReasons({ status, output, errors }: ToolResult): object {
  const said = errors
    .replace(/^Caused by: .*\n/gm, "")
    .replace(/kafka.common.(KafkaException: (Failed to decomp|Error check)|InvalidRecordException:).*/, "unreadable");
  return { status, output, errors: said };
}

/** Damage of the kinds that disks and crashes do. */
function damage(bytes: Buffer, random: SeededRandom): Buffer {
  const copy = Buffer.from(bytes);
  const at = random.below(bytes.length);
  switch (random.below(3)) {
    case 0:
      copy[at]! ^= 1 << random.below(8);
      return copy;
    case 1:
      return copy.subarray(0, at);
    default:
      return Buffer.concat([copy, Buffer.alloc(random.below(200))]);
  }
}
