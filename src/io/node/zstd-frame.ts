/**
 * The zstd frame format (RFC 8878), as far as it takes to know how large a result can be: the library that decompresses
 * has no limit.
 */
const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
export const zstdBlockSizeBytesMax = 128 * 1024;

const singleSegmentFlag = 0x20;
const checksumFlag = 0x04;
const dictionaryIdSizes = [0, 1, 2, 4];

/**
 * An upper bound of the uncompressed size of all frames in `data`. It is too high by less than one block per flush of the
 * encoder; encoders that write a batch in one go flush once, at the end.
 * @throws Error when the frames are not whole
 */
export function zstdSizeBound(data: Buffer): number {
  let bound = 0;
  let offset = 0;
  while (offset < data.length) {
    const magic = uint(data, offset, 4);
    if ((magic & 0xfffffff0) >>> 0 === skippableMagic) {
      offset += 8 + uint(data, offset + 4, 4);
      continue;
    }
    if (magic !== frameMagic) throw new Error("zstd: no frame");
    const { sizeBytes, blockSizeBytesMax, hasChecksum } = frameHeader(data, offset);
    offset += sizeBytes;
    for (;;) {
      const block = uint(data, offset, 3);
      const size = block >> 3;
      const type = (block >> 1) & 3;
      if (type === 3) throw new Error("zstd: unknown block type");
      bound += type === 2 ? blockSizeBytesMax : size;
      // A run of one repeated byte stands there as that byte.
      offset += 3 + (type === 1 ? 1 : size);
      if ((block & 1) === 1) break;
    }
    if (hasChecksum) offset += 4;
  }
  if (offset > data.length) throw new Error("zstd: the frame ends early");
  return bound;
}

/** `magic u32 │ flags u8 │ [window u8] │ [dictionary id] │ [content size]`; the window is the content where it stands alone. */
function frameHeader(
  data: Buffer,
  start: number,
): { sizeBytes: number; blockSizeBytesMax: number; hasChecksum: boolean } {
  const flags = uint(data, start + 4, 1);
  const isSingleSegment = (flags & singleSegmentFlag) !== 0;
  const contentSizeCode = flags >> 6;
  const contentSizeSize = contentSizeCode === 0 ? (isSingleSegment ? 1 : 0) : 1 << contentSizeCode;
  const contentSizeAt = start + 5 + (isSingleSegment ? 0 : 1) + dictionaryIdSizes[flags & 3]!;
  const windowSizeBytes = isSingleSegment
    ? contentSize(data, contentSizeAt, contentSizeSize)
    : windowSize(uint(data, start + 5, 1));
  return {
    sizeBytes: contentSizeAt + contentSizeSize - start,
    blockSizeBytesMax: Math.min(windowSizeBytes, zstdBlockSizeBytesMax),
    hasChecksum: (flags & checksumFlag) !== 0,
  };
}

function contentSize(data: Buffer, at: number, sizeBytes: number): number {
  if (sizeBytes === 8) return uint(data, at, 4) + uint(data, at + 4, 4) * 2 ** 32;
  return uint(data, at, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
}

function windowSize(descriptor: number): number {
  return 2 ** (10 + (descriptor >> 3)) * (1 + (descriptor & 7) / 8);
}

function uint(data: Buffer, offset: number, sizeBytes: number): number {
  if (data.length - offset < sizeBytes) throw new Error("zstd: the frame ends early");
  return data.readUIntLE(offset, sizeBytes);
}
