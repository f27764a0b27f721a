import { crc32 } from "node:zlib";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { type CompressionName } from "../../../src/io/ports.ts";
import { BatchView } from "../../../src/protocol/records/batch-header.ts";
import { buildBatch, compressBatch } from "../../../src/protocol/records/batch-builder.ts";
import { startMs } from "../requests.ts";

/** Overwrites a number in the bytes; negative places count from the end. */
export interface Overwritten {
  readonly at: number;
  readonly bits: 8 | 16 | 32 | 64;
  readonly value: number;
}

/** A batch as a script says it: what is left out is as a good producer has it. */
export interface BatchSpec {
  /** 0 and 1: single messages of the old formats. */
  readonly magic?: 0 | 1;
  readonly count?: number;
  readonly valueSize?: number | null;
  readonly key?: string | null;
  readonly headers?: number;
  readonly timestamp?: number;
  readonly timestampStep?: number;
  readonly offsetDeltas?: readonly number[];
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly isAppendTime?: boolean;
  readonly compression?: CompressionName | "none";
  /** Of the records, before they are compressed. */
  readonly inside?: readonly Overwritten[];
  /** Of the finished batch; its CRC is right afterwards, unless `isCrcKept`. */
  readonly outside?: readonly Overwritten[];
  readonly isCrcKept?: boolean;
  /** So many bytes are missing at the end. */
  readonly cut?: number;
}

const headerBytes = 61;

export async function batchOf(spec: BatchSpec): Promise<Buffer> {
  const whole = spec.magic === undefined ? await currentBatch(spec) : oldMessages(spec.magic, spec);
  return whole.subarray(0, Math.max(0, whole.length - (spec.cut ?? 0)));
}

async function currentBatch(spec: BatchSpec): Promise<Buffer> {
  const { count = 1, timestamp = startMs, timestampStep = 1_000, headers = 0, offsetDeltas } = spec;
  const header = { key: "h", value: Buffer.from("v") };
  const records = Array.from({ length: count }, (_, index) => ({
    key: keyOf(spec),
    value: valueOf(spec, index),
    timestamp: timestamp + index * timestampStep,
    headers: Array.from({ length: headers }, () => header),
    ...(offsetDeltas?.[index] !== undefined && { offsetDelta: offsetDeltas[index] }),
  }));
  const { baseOffset = 0, leaderEpoch = -1, producerId = -1, producerEpoch = -1, baseSequence = -1 } = spec;
  const { isTransactional = false, isControl = false, isAppendTime = false } = spec;
  const plain = buildBatch({
    records,
    baseOffset,
    leaderEpoch,
    producerId,
    producerEpoch,
    baseSequence,
    isTransactional,
    isControl,
    timestampType: isAppendTime ? "logAppendTime" : "createTime",
  });
  for (const each of spec.inside ?? []) overwrite(plain.subarray(headerBytes), each);
  const batch = await compressBatch(plain, spec.compression ?? "none", nodeCompute);
  const isCrcRight = spec.isCrcKept !== true;
  for (const each of spec.outside ?? []) overwrite(batch, each);
  if (isCrcRight && (spec.inside !== undefined || spec.outside !== undefined)) new BatchView(batch, 0).updateCrc();
  return batch;
}

function keyOf({ key = null }: BatchSpec): Buffer | null {
  return key === null ? null : Buffer.from(key);
}

function valueOf({ valueSize = 5 }: BatchSpec, index: number): Buffer | null {
  return valueSize === null ? null : Buffer.alloc(valueSize, 0x61 + (index % 26));
}

function oldMessages(magic: 0 | 1, spec: BatchSpec): Buffer {
  const { count = 1, timestamp = startMs } = spec;
  const messages = Array.from({ length: count }, (_, index) => {
    const [key, value] = [keyOf(spec), valueOf(spec, index)];
    const body = Buffer.concat([
      Buffer.from([magic, spec.isAppendTime === true ? 8 : 0]),
      ...(magic === 1 ? [int64(timestamp)] : []),
      ...[key, value].flatMap((bytes) => [int32(bytes?.length ?? -1), bytes ?? Buffer.alloc(0)]),
    ]);
    const entry = Buffer.concat([int64(index), int32(body.length + 4), int32(crc32(body) | 0), body]);
    for (const each of spec.outside ?? []) overwrite(entry, each);
    return entry;
  });
  return Buffer.concat(messages);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

function overwrite(bytes: Buffer, { at, bits, value }: Overwritten): void {
  const place = at < 0 ? bytes.length + at : at;
  if (place < 0 || place + bits / 8 > bytes.length) return;
  if (bits === 8) bytes.writeInt8(value, place);
  else if (bits === 16) bytes.writeInt16BE(value, place);
  else if (bits === 32) bytes.writeInt32BE(value, place);
  else bytes.writeBigInt64BE(BigInt(value), place);
}
