import * as fs from "node:fs";
import { type ReadWay } from "../ports.ts";

const { O_RDONLY, O_DIRECT = 0 } = fs.constants as typeof fs.constants & { readonly O_DIRECT?: number };
/** What devices and file systems ask positions, sizes and addresses of direct reads to be multiples of, at most. */
const blockBytes = 4_096;
/** Large blocks of memory begin so many bytes behind a page: the header of the allocator. */
const usualHeaderBytes = 16;
/** Where in the memory that was read into its first suitable address is; Node does not tell addresses. */
const alignments = new WeakMap<ArrayBufferLike, number>();

/** As `Disk.readAsync`, with the errors that Node has. */
export async function readAside(
  path: string,
  memory: Buffer,
  position: number,
  sizeBytes: number,
  way: ReadWay,
): Promise<Buffer> {
  if (way === "direct" && O_DIRECT === 0) throw invalid(path);
  // The name is in the system's caches: whoever reads much of a file has looked into it before.
  const descriptor = fs.openSync(path, way === "direct" ? O_RDONLY | O_DIRECT : O_RDONLY);
  try {
    if (way === "cached") {
      const target = memory.subarray(0, sizeBytes);
      return target.subarray(0, await readUpTo(descriptor, target, position, 1));
    }
    return await readBlocks(descriptor, memory, position, sizeBytes);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Reads the whole blocks that the bytes lie in, to the first address of `memory` that the system takes. */
async function readBlocks(descriptor: number, memory: Buffer, position: number, sizeBytes: number): Promise<Buffer> {
  const leadBytes = position % blockBytes;
  const blocksBytes = Math.ceil((leadBytes + sizeBytes) / blockBytes) * blockBytes;
  const { buffer, byteOffset } = memory;
  const known = alignments.get(buffer);
  let error: unknown = undefined;
  for (const alignment of known === undefined ? likelyAlignments() : [known]) {
    // As an offset in the memory, which may begin anywhere in its block.
    const start = (alignment - (byteOffset % blockBytes) + blockBytes) % blockBytes;
    const target = memory.subarray(start, start + blocksBytes);
    try {
      const count = await readUpTo(descriptor, target, position - leadBytes, blockBytes);
      alignments.set(buffer, alignment);
      return target.subarray(Math.min(leadBytes, count), Math.max(0, Math.min(leadBytes + sizeBytes, count)));
    } catch (caught) {
      if ((caught as NodeJS.ErrnoException).code !== "EINVAL") throw caught;
      error = caught;
    }
  }
  throw error;
}

/** Addresses are multiples of 16; the first guess is nearly always right. */
function* likelyAlignments(): Generator<number> {
  for (let step = 0; step < blockBytes; step += 16) yield (2 * blockBytes - usualHeaderBytes - step) % blockBytes;
}

/** Reads until `target` is full or the file ends: a count that is no multiple of `unitBytes` says that, too. */
async function readUpTo(descriptor: number, target: Buffer, position: number, unitBytes: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const count = await readOnce(descriptor, target, done, position + done);
    done += count;
    if (count === 0 || done % unitBytes !== 0) break;
  }
  return done;
}

function readOnce(descriptor: number, target: Buffer, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(descriptor, target, offset, target.length - offset, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

function invalid(path: string): Error {
  return Object.assign(new Error(`EINVAL: this system has no reads past its cache, open '${path}'`), {
    code: "EINVAL",
  });
}
