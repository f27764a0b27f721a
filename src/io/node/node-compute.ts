import { promisify } from "node:util";
import zlib from "node:zlib";
import { CodecUnavailable, type CompressionName, type Compute } from "../ports.ts";
import { zstdBlockSizeBytesMax, zstdSizeBound } from "./zstd-frame.ts";

const gzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip);
const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);

const zstdDefaultLevel = 3;

/** Loads a module at its first use: native codecs would be half of the time that a broker takes to start. */
function lazily<T>(codec: CompressionName, load: () => Promise<T>): () => Promise<T> {
  let module: Promise<T> | undefined;
  return () =>
    (module ??= load().catch((cause: unknown) => {
      throw new CodecUnavailable(`The library of ${codec} cannot be loaded: ${String(cause)}`, { cause });
    }));
}

const lz4 = lazily("lz4", () => import("./lz4-frame.ts"));
const snappy = lazily("snappy", () => import("./snappy-framing.ts"));
/**
 * Not the zstd that `node:zlib` has from Node 22.15 on: it drops what follows the first frame, and takes a frame that is cut
 * short for a whole one.
 */
const zstd = lazily("zstd", () => import("@mongodb-js/zstd"));

async function compressZstd(data: Buffer, level = zstdDefaultLevel): Promise<Buffer> {
  return (await zstd()).compress(data, level);
}

async function decompressZstd(data: Buffer, sizeBytesMax: number): Promise<Buffer> {
  // The bound counts the last block as a full one, so what it lets through may be one block too large.
  if (zstdSizeBound(data) - zstdBlockSizeBytesMax > sizeBytesMax) throw tooLarge("zstd", sizeBytesMax);
  const result = await (await zstd()).decompress(data);
  if (result.length > sizeBytesMax) throw tooLarge("zstd", sizeBytesMax);
  return result;
}

function tooLarge(codec: string, sizeBytesMax: number): RangeError {
  return new RangeError(`${codec}: more than ${sizeBytesMax} bytes`);
}

/** Compression in native code: small pieces at once, the rest in the thread pool. */
export const nodeCompute: Compute = {
  compress: async (codec, data, level) => {
    switch (codec) {
      case "gzip":
        return gzip(data, level === undefined ? {} : { level });
      case "snappy":
        return (await snappy()).snappyCompress(data);
      case "lz4":
        return (await lz4()).lz4Compress(data);
      case "zstd":
        return compressZstd(data, level);
    }
  },
  decompress: async (codec, data, sizeBytesMax) => {
    switch (codec) {
      case "gzip":
        return gunzip(data, { maxOutputLength: sizeBytesMax });
      case "snappy":
        return (await snappy()).snappyDecompress(data, sizeBytesMax);
      case "lz4":
        return (await lz4()).lz4Decompress(data, sizeBytesMax);
      case "zstd":
        return decompressZstd(data, sizeBytesMax);
    }
  },
};
