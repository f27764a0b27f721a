import { compress, compressSync, uncompress, uncompressSync } from "snappy";
import { readUnsignedVarint } from "../../base/varint.ts";

/**
 * Snappy as Kafka's clients write it: the framing of the Java library (by its author's handle, "xerial").
 *
 * ```
 * header = 82 "SNAPPY" 00 │ version int32 │ oldest reader int32
 * stream = header │ (size int32 │ block)*          big-endian; a header may come again between blocks
 * ```
 * Some clients send one bare block instead. A block begins with its uncompressed size as an unsigned varint.
 */
const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
const magicSizeBytes = 8;
/** The first half of the magic, where a block's size would stand. */
const magicAsSize = header.readInt32BE(0);
const blockSizeBytesMax = 32 * 1024;

/** A hop to the thread pool costs as much CPU as decompressing this much. */
const inlineSizeBytesMax = 16 * 1024;

export async function snappyCompress(data: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [header];
  for (let start = 0; start < data.length; start += blockSizeBytesMax) {
    const part = data.subarray(start, start + blockSizeBytesMax);
    const block = data.length <= inlineSizeBytesMax ? compressSync(part) : await compress(part);
    const size = Buffer.allocUnsafe(4);
    size.writeInt32BE(block.length);
    pieces.push(size, block);
  }
  return Buffer.concat(pieces);
}

/**
 * @throws RangeError when the result would be larger than `sizeBytesMax`; nothing has been decompressed then
 */
export async function snappyDecompress(data: Buffer, sizeBytesMax: number): Promise<Buffer> {
  const blocks = isFramed(data) ? blocksOf(data) : [data];
  let sizeBytes = 0;
  for (const block of blocks) {
    sizeBytes += readUnsignedVarint({ buffer: block, offset: 0, end: block.length });
    if (sizeBytes > sizeBytesMax) throw new RangeError(`snappy: more than ${sizeBytesMax} bytes`);
  }
  const pieces: Buffer[] = [];
  for (const block of blocks) {
    const piece = sizeBytes <= inlineSizeBytesMax ? uncompressSync(block) : await uncompress(block);
    pieces.push(piece as Buffer);
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

function isFramed(data: Buffer): boolean {
  return data.length >= header.length && data.compare(header, 0, magicSizeBytes, 0, magicSizeBytes) === 0;
}

function blocksOf(data: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  let offset = header.length;
  while (offset < data.length) {
    if (data.length - offset < 4) throw new Error("snappy: the size of a block ends early");
    const size = data.readInt32BE(offset);
    if (size === magicAsSize) {
      offset += header.length;
      continue;
    }
    offset += 4;
    if (size < 0 || size > data.length - offset) {
      throw new Error(`snappy: a block of ${size} bytes, but ${data.length - offset} are there`);
    }
    blocks.push(data.subarray(offset, offset + size));
    offset += size;
  }
  return blocks;
}
