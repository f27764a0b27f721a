import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { buildBatch, compressBatch } from "../../../src/protocol/records/batch-builder.ts";
import {
  attributesAt,
  BatchView,
  crcAt,
  lastOffsetDeltaAt,
  lengthAt,
  magicAt,
  maxTimestampAt,
  producerIdAt,
  baseSequenceAt,
  recordCountAt,
} from "../../../src/protocol/records/batch-header.ts";
import { javaBatch } from "../../unit/protocol/records/java-batches.ts";

export interface Case {
  readonly name: string;
  readonly sent: Buffer;
}

const timestamp = 1_700_000_000_000;

/** A batch of Kafka's own client, changed, under a CRC that is right again. */
function edited(fixture: string, edit: (buffer: Buffer) => unknown): Buffer {
  const { bytes } = javaBatch(fixture);
  edit(bytes);
  new BatchView(bytes, 0).updateCrc();
  return bytes;
}

function damaged(fixture: string, damage: (buffer: Buffer) => unknown): Buffer {
  const { bytes } = javaBatch(fixture);
  damage(bytes);
  return bytes;
}

function counted(fixture: string, count: number, lastOffsetDelta: number): Buffer {
  return edited(fixture, (buffer) => {
    buffer.writeInt32BE(count, recordCountAt);
    buffer.writeInt32BE(lastOffsetDelta, lastOffsetDeltaAt);
  });
}

const withGaps = buildBatch({
  records: [0, 2, 3].map((offsetDelta) => ({ key: null, value: Buffer.from("x"), timestamp, offsetDelta })),
});

async function withTrailingBytes(): Promise<Buffer> {
  const batch = buildBatch({ records: [{ key: null, value: Buffer.from("abc"), timestamp }] });
  const bytes = Buffer.concat([await compressBatch(batch, "lz4", nodeCompute), Buffer.from("trailing")]);
  bytes.writeInt32BE(bytes.length - 12, lengthAt);
  new BatchView(bytes, 0).updateCrc();
  return bytes;
}

/** What producers should not send, and what they may: four records each where nothing else is said. */
export async function cases(): Promise<Case[]> {
  const list: Record<string, Buffer> = {
    "a plain batch": javaBatch("typical, none").bytes,
    "a gzip batch": javaBatch("typical, gzip").bytes,
    "a snappy batch": javaBatch("typical, snappy").bytes,
    "an lz4 batch": javaBatch("typical, lz4").bytes,
    "a zstd batch": javaBatch("typical, zstd").bytes,
    "magic 0": javaBatch("magic 0").bytes,
    "magic 1": javaBatch("magic 1").bytes,
    "magic 3": edited("typical, none", (buffer) => buffer.writeInt8(3, magicAt)),
    "two batches": javaBatch("two batches").bytes,
    nothing: Buffer.alloc(0),
    "half a batch": javaBatch("typical, none").bytes.subarray(0, 100),
    "bytes behind the batch": Buffer.concat([javaBatch("typical, none").bytes, Buffer.from("abcdef")]),
    "a size smaller than the header": damaged("typical, none", (buffer) => buffer.writeInt32BE(20, lengthAt)),
    "a wrong CRC": damaged("typical, none", (buffer) => buffer.writeUInt32BE(1, crcAt)),
    "a codec that does not exist": edited("typical, none", (buffer) => buffer.writeInt16BE(6, attributesAt)),
    "gzip that is not gzip": edited("typical, gzip", (buffer) => buffer.fill(0xff, 61, 65)),
    "snappy that is not snappy": edited("typical, snappy", (buffer) => buffer.fill(0xff, 80, 85)),
    "lz4 that is not lz4": edited("typical, lz4", (buffer) => buffer.fill(0xff, 61, 65)),
    "zstd that is not zstd": edited("typical, zstd", (buffer) => buffer.fill(0xff, 61, 65)),
    "lz4 with bytes behind its frame": await withTrailingBytes(),
    "records that are no records": edited("typical, none", (buffer) => buffer.fill(0xff, 61, 70)),
    "a count that is too low": counted("typical, none", 3, 3),
    "a count that is too high": counted("typical, none", 5, 3),
    "a count and a last offset that are too low": counted("typical, none", 3, 2),
    "a count and a last offset that are too high": counted("typical, none", 5, 4),
    "a count of zero": counted("typical, none", 0, 3),
    "a last offset that is negative": counted("typical, none", 4, -1),
    "gzip, a count and a last offset that are too low": counted("typical, gzip", 3, 2),
    "gzip, a count and a last offset that are too high": counted("typical, gzip", 5, 4),
    "offsets with gaps": withGaps,
    "gzip, offsets with gaps": await compressBatch(withGaps, "gzip", nodeCompute),
    "a base offset of 5": edited("typical, none", (buffer) => buffer.writeInt32BE(5, 4)),
    "a producer id without an epoch": edited("typical, none", (buffer) => buffer.writeInt32BE(7, producerIdAt + 4)),
    "a sequence without a producer id": edited("typical, none", (buffer) => buffer.writeInt32BE(7, baseSequenceAt)),
    "a timestamp at the end of time": javaBatch("the last timestamp there is").bytes,
    "a record without a timestamp": javaBatch("one record of nothing").bytes,
    "a maximal timestamp that is too late": edited("typical, none", (buffer) =>
      buffer.writeInt32BE(0xfff_ffff, maxTimestampAt + 4),
    ),
    "gzip, a maximal timestamp that is too late": edited("typical, gzip", (buffer) =>
      buffer.writeInt32BE(0xfff_ffff, maxTimestampAt + 4),
    ),
    "log append time, set by the client": javaBatch("log append time").bytes.fill(0, 0, 8),
    "a delete horizon, set by the client": javaBatch("delete horizon").bytes.fill(0, 0, 8),
    "a control batch": javaBatch("control: COMMIT").bytes.fill(0, 0, 8),
    "a transactional batch": javaBatch("numbers at their ends").bytes,
  };
  return Object.entries(list).map(([name, sent]) => ({ name, sent }));
}
