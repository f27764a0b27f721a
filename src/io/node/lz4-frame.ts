import { compressFrame, compressFrameSync, decompressFrame, decompressFrameSync } from "lz4-napi";

/**
 * The LZ4 frame format, in the part of it that Kafka reads: independent blocks, no dictionary, one frame (what follows
 * the first one is not looked at).
 *
 * ```
 * frame = magic u32 │ flags u8 │ block descriptor u8 │ [content size u64] │ header checksum u8
 *       │ (size u32, top bit: stored │ block │ [checksum u32])* │ 0 u32 │ [checksum u32]         little-endian
 * ```
 */
const magic = 0x184d2204;
const dictionaryFlag = 0x01;
const contentChecksumFlag = 0x04;
const contentSizeFlag = 0x08;
const blockChecksumFlag = 0x10;
const independentFlag = 0x20;
const storedBit = 0x80000000;

/** A hop to the thread pool costs as much CPU as decompressing this much. */
const inlineSizeBytesMax = 64 * 1024;

export async function lz4Compress(data: Buffer): Promise<Buffer> {
  return data.length <= inlineSizeBytesMax ? compressFrameSync(data) : compressFrame(data);
}

/**
 * @throws RangeError when the result would be larger than `sizeBytesMax`; nothing has been decompressed then
 */
export async function lz4Decompress(data: Buffer, sizeBytesMax: number): Promise<Buffer> {
  // The library has no limit of its own, so the frame is walked first. That blocks have a largest size mostly tells already
  // that the result is small enough; only when it does not, the blocks are walked too.
  let walked = walkFrame(data, boundOfBlock, Infinity);
  if (walked.sizeBytes > sizeBytesMax) walked = walkFrame(data, exactSizeOfBlock, sizeBytesMax);
  const frame = data.subarray(0, walked.end);
  return walked.sizeBytes <= inlineSizeBytesMax ? decompressFrameSync(frame) : decompressFrame(frame);
}

type SizeOfBlock = (data: Buffer, start: number, end: number, sizeBytesMax: number) => number;

/** Where the first frame ends, and the sum of the uncompressed sizes of its blocks as `sizeOf` tells them. */
function walkFrame(data: Buffer, sizeOf: SizeOfBlock, sizeBytesMax: number): { end: number; sizeBytes: number } {
  let offset = headerSize(data);
  const flags = data[4]!;
  const blockSizeBytesMax = 1 << (8 + 2 * ((data[5]! >> 4) & 7));
  const trailerSize = (flags & blockChecksumFlag) === 0 ? 0 : 4;
  let sizeBytes = 0;
  for (;;) {
    const word = uint32(data, offset);
    offset += 4;
    if (word === 0) break;
    const isStored = word >= storedBit;
    const end = offset + (isStored ? word - storedBit : word);
    if (end + trailerSize > data.length) throw new Error("lz4: a block ends early");
    if (end - offset > blockSizeBytesMax) throw new Error("lz4: a block is larger than the frame allows");
    sizeBytes += isStored ? end - offset : sizeOf(data, offset, end, blockSizeBytesMax);
    if (sizeBytes > sizeBytesMax) throw new RangeError(`lz4: more than ${sizeBytesMax} bytes`);
    offset = end + trailerSize;
  }
  if ((flags & contentChecksumFlag) !== 0) offset += 4;
  if (offset > data.length) throw new Error("lz4: the content checksum is missing");
  return { end: offset, sizeBytes };
}

function headerSize(data: Buffer): number {
  if (uint32(data, 0) !== magic) throw new Error("lz4: no frame");
  if (data.length < 7) throw new Error("lz4: the header ends early");
  const flags = data[4]!;
  if (flags >> 6 !== 1) throw new Error(`lz4: unknown version ${flags >> 6}`);
  if ((flags & independentFlag) === 0) throw new Error("lz4: dependent blocks are not supported");
  if ((flags & dictionaryFlag) !== 0) throw new Error("lz4: dictionaries are not supported");
  if (((data[5]! >> 4) & 7) < 4) throw new Error("lz4: unknown block size");
  return (flags & contentSizeFlag) === 0 ? 7 : 15;
}

const boundOfBlock: SizeOfBlock = (_data, _start, _end, blockSizeBytesMax) => blockSizeBytesMax;

/** A block is sequences of: token, literal length, literals, match offset u16, match length. The last one has no match. */
const exactSizeOfBlock: SizeOfBlock = (data, start, end, blockSizeBytesMax) => {
  let offset = start;
  let sizeBytes = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    let byte = 255;
    while (byte === 255 && offset < end) {
      byte = data[offset++]!;
      length += byte;
    }
    return length;
  };
  while (offset < end) {
    const token = data[offset++]!;
    const literals = extended(token >> 4);
    offset += literals;
    sizeBytes += literals;
    if (offset >= end) break;
    offset += 2;
    sizeBytes += extended(token & 15) + 4;
  }
  // A block that claims more fails to decompress, and never makes more than this.
  return Math.min(sizeBytes, blockSizeBytesMax);
};

function uint32(data: Buffer, offset: number): number {
  if (data.length - offset < 4) throw new Error("lz4: the frame ends early");
  return data.readUInt32LE(offset);
}
