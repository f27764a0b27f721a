import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import {
  type BatchDraft,
  buildBatch,
  compressBatch,
  type RecordDraft,
} from "../../../src/protocol/records/batch-builder.ts";
import {
  attributesAt,
  BatchView,
  crcAt,
  deleteHorizonBit,
  lastOffsetDeltaAt,
  logAppendTimeBit,
  maxTimestampAt,
  recordCountAt,
} from "../../../src/protocol/records/batch-header.ts";
import { javaBatch } from "../../unit/protocol/records/java-batches.ts";

/** Batches that are sent one after the other to a new partition of a topic with these configurations. */
export interface Conversation {
  readonly name: string;
  readonly configs: Readonly<Record<string, string>>;
  readonly sends: readonly Buffer[];
}

const timestamp = 1_700_000_000_000;
const record = (value: string, key: string | null = null, at = timestamp): RecordDraft => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(value),
  timestamp: at,
});

function edited(batch: Buffer, edit: (buffer: Buffer) => unknown): Buffer {
  const bytes = Buffer.from(batch);
  edit(bytes);
  new BatchView(bytes, 0).updateCrc();
  return bytes;
}

const withBit = (batch: Buffer, bit: number): Buffer =>
  edited(batch, (buffer) => buffer.writeInt16BE(buffer.readInt16BE(attributesAt) | bit, attributesAt));

function counted(batch: Buffer, count: number): Buffer {
  return edited(batch, (buffer) => {
    buffer.writeInt32BE(count, recordCountAt);
    buffer.writeInt32BE(count - 1, lastOffsetDeltaAt);
  });
}

const plain = (...records: RecordDraft[]): Buffer => buildBatch({ records });
const zipped = (batch: Buffer, codec: "gzip" | "snappy" | "lz4" | "zstd" = "gzip"): Promise<Buffer> =>
  compressBatch(batch, codec, nodeCompute);

/** The `count` records of an idempotent producer from sequence number `baseSequence` on. */
function numbered(producerEpoch: number, baseSequence: number, count = 1, more: Partial<BatchDraft> = {}): Buffer {
  const records = Array.from({ length: count }, (_, index) => record(`${baseSequence + index}`));
  return buildBatch({ records, producerId: 4000, producerEpoch, baseSequence, ...more });
}

const gaps = edited(
  buildBatch({ records: [0, 2, 3].map((offsetDelta) => ({ ...record("x"), offsetDelta })) }),
  (bytes) => bytes.writeInt32BE(2, lastOffsetDeltaAt),
);

async function recompressed(): Promise<Conversation[]> {
  const list: Conversation[] = [];
  const typical = (codec: string): Buffer => javaBatch(`typical, ${codec}`).bytes;
  for (const target of ["gzip", "snappy", "lz4", "zstd", "uncompressed"]) {
    const configs = { "compression.type": target };
    const sends = ["none", "gzip", "snappy", "lz4", "zstd"].map(typical);
    list.push({ name: `to ${target}`, configs, sends });
  }
  const one = plain(record("a", "k"), record("b", null, timestamp + 5), record("c", "k", timestamp - 7));
  const late = edited(one, (buffer) => buffer.writeInt32BE(0xfff_ffff, maxTimestampAt + 4));
  const odd: Record<string, Buffer> = {
    "timestamps that do not ascend": one,
    "a largest timestamp that is too late": late,
    "gzip, a largest timestamp that is too late": await zipped(late),
    "no timestamp": plain(record("a", null, -1)),
    "a negative timestamp": plain(record("a", null, -5)),
    "a negative timestamp behind another": plain(record("a"), record("b", null, -5)),
    "gzip, a negative timestamp": await zipped(plain(record("a", null, -5))),
    "offsets with gaps": gaps,
    "gzip, offsets with gaps": await zipped(gaps),
    "snappy, offsets with gaps": await zipped(gaps, "snappy"),
    "a count that is too low": counted(one, 2),
    "gzip, a count that is too low": counted(await zipped(one), 2),
    "gzip, a count that is too high": counted(await zipped(one), 4),
    "log append time, set by the client": withBit(one, logAppendTimeBit),
    "a delete horizon, set by the client": withBit(one, deleteHorizonBit),
    "gzip, a delete horizon, set by the client": withBit(await zipped(one), deleteHorizonBit),
    "lz4 that is not lz4": edited(await zipped(one, "lz4"), (buffer) => buffer.fill(0xff, 61, 65)),
    "records that are no records": edited(one, (buffer) => buffer.fill(0xff, 61, 70)),
    "an idempotent producer": numbered(3, 0, 4),
    "null, empty, headers": buildBatch({
      records: [
        { key: null, value: null, timestamp },
        { key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp },
        {
          ...record("v", "k"),
          headers: [
            { key: "h", value: null },
            { key: "", value: Buffer.from("x") },
          ],
        },
      ],
    }),
  };
  for (const [name, sent] of Object.entries(odd)) {
    list.push({ name: `to gzip: ${name}`, configs: { "compression.type": "gzip" }, sends: [sent] });
    list.push({ name: `to uncompressed: ${name}`, configs: { "compression.type": "uncompressed" }, sends: [sent] });
  }
  const both = { "compression.type": "zstd", "message.timestamp.type": "LogAppendTime" };
  list.push({
    name: "to zstd, log append time",
    configs: both,
    sends: [one, await zipped(one), await zipped(one, "zstd")],
  });
  return list;
}

async function timestamped(): Promise<Conversation[]> {
  const mixed = plain(record("a"), record("b", null, -1), record("c", null, timestamp + 400 * 86_400_000_000));
  const sends = [
    mixed,
    await zipped(mixed),
    withBit(mixed, logAppendTimeBit),
    withBit(await zipped(mixed), logAppendTimeBit),
  ];
  const keyless = buildBatch({ records: [{ key: null, value: null, timestamp }] });
  return [
    { name: "log append time", configs: { "message.timestamp.type": "LogAppendTime" }, sends },
    { name: "create time", configs: {}, sends },
    {
      name: "log append time, to lz4",
      configs: { "message.timestamp.type": "LogAppendTime", "compression.type": "lz4" },
      sends: [...sends, withBit(keyless, logAppendTimeBit), withBit(await zipped(keyless), logAppendTimeBit)],
    },
    { name: "not older than a second", configs: { "message.timestamp.before.max.ms": "1000" }, sends },
    { name: "however late", configs: { "message.timestamp.after.max.ms": "9223372036854775807" }, sends },
    {
      name: "log append time, an idempotent producer",
      configs: { "message.timestamp.type": "LogAppendTime" },
      sends: [numbered(0, 0, 2), numbered(0, 0, 2), await zipped(numbered(0, 2, 2)), await zipped(numbered(0, 2, 2))],
    },
  ];
}

async function keyed(): Promise<Conversation[]> {
  const sets = {
    "all have keys": plain(record("a", "k"), record("b", "")),
    "one has no key": plain(record("a", "k"), record("b")),
    "five have no key": plain(record("a"), record("b"), record("c"), record("d", "k"), record("e"), record("f")),
    "one has no key, one is too late": plain(record("a"), record("b", "k", timestamp + 400 * 86_400_000_000)),
    "without a key and too late": plain(record("a", null, timestamp + 400 * 86_400_000_000)),
  };
  const list: Conversation[] = [];
  for (const [name, batch] of Object.entries(sets)) {
    for (const policy of ["compact", "compact,delete"]) {
      const sends = [batch, await zipped(batch), await zipped(batch, "lz4")];
      list.push({ name: `${policy}: ${name}`, configs: { "cleanup.policy": policy }, sends });
    }
  }
  return list;
}

async function large(): Promise<Conversation[]> {
  const zeros = plain(record("0".repeat(400)));
  const badCrc = Buffer.from(zeros);
  badCrc.writeUInt32BE(1, crcAt);
  const badBase = edited(zeros, (buffer) => buffer.writeInt32BE(5, 4));
  const badCount = counted(zeros, 3);
  const sends = [zeros, await zipped(zeros), badCrc, badBase, badCount];
  return [
    { name: "max.message.bytes", configs: { "max.message.bytes": "300" }, sends },
    {
      name: "too large uncompressed",
      configs: { "max.message.bytes": "300", "compression.type": "uncompressed" },
      sends,
    },
    {
      name: "too large until it is compressed",
      configs: { "max.message.bytes": "300", "compression.type": "gzip" },
      sends,
    },
    { name: "larger than a segment", configs: { "internal.segment.bytes": "300" }, sends },
    {
      name: "larger than a segment and than max.message.bytes",
      configs: { "internal.segment.bytes": "300", "max.message.bytes": "200" },
      sends,
    },
    {
      name: "larger than a segment uncompressed",
      configs: { "internal.segment.bytes": "300", "compression.type": "uncompressed" },
      sends,
    },
  ];
}

async function idempotent(): Promise<Conversation[]> {
  const last = 2_147_483_647;
  const one = (sequence: number): Buffer => numbered(0, sequence);
  const sent: Record<string, Buffer[]> = {
    "a duplicate": [numbered(0, 0, 3), numbered(0, 0, 3), numbered(0, 3)],
    "the last five batches are known": [0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0].map(one),
    "a gap": [one(0), one(2), one(1)],
    "a part of a batch again": [numbered(0, 0, 3), numbered(0, 0, 2), numbered(0, 1, 2), numbered(0, 2, 1)],
    "an unknown producer begins anywhere": [one(17), one(18), one(0)],
    "an older epoch": [numbered(1, 0), numbered(0, 1), numbered(0, 0)],
    "a newer epoch begins at 0": [one(0), numbered(1, 1), numbered(1, 0), numbered(1, 1), one(1)],
    "a duplicate of the epoch before": [one(0), numbered(1, 0), one(0)],
    "sequence numbers wrap": [numbered(0, last - 1), numbered(0, last, 1), one(0), numbered(0, last, 1), one(1)],
    "a batch over the wrap": [numbered(0, last - 1, 4), numbered(0, last - 1, 4), one(2)],
    "other records under the same numbers": [
      one(0),
      buildBatch({ records: [record("other")], producerId: 4000, producerEpoch: 0, baseSequence: 0 }),
    ],
    "gzip, a duplicate": [await zipped(numbered(0, 0, 3)), await zipped(numbered(0, 0, 3)), numbered(0, 3)],
    "a duplicate that is too late": [one(0), edited(one(0), (buffer) => buffer.writeInt32BE(0xfff_ffff, 27 + 4))],
    "a sequence number of -1": [numbered(0, -1)],
    "an epoch of -1": [numbered(-1, 0), numbered(-1, 1), numbered(0, 5)],
    "others in between": [one(0), plain(record("x")), one(1), one(0)],
  };
  return Object.entries(sent).map(([name, sends]) => ({ name: `idempotent: ${name}`, configs: {}, sends }));
}

export async function conversations(): Promise<Conversation[]> {
  const lists = [await recompressed(), await timestamped(), await keyed(), await large(), await idempotent()];
  return lists.flat();
}
