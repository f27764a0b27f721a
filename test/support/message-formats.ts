import { readFileSync } from "node:fs";

/** What Kafka's own classes say of an entry of a segment: a message of format 0 or 1, or a batch. */
export interface JavaEntry {
  readonly magic: number;
  readonly sizeInBytes: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
  readonly timestampType: "NoTimestampType" | "CreateTime" | "LogAppendTime";
  readonly compression: "none" | "gzip" | "snappy" | "lz4";
  readonly crc: number;
  /** What compaction makes of it when every record stays and tombstones may go at 5000, in hex. */
  readonly compacted: string;
  readonly records: readonly {
    readonly offset: number;
    readonly timestamp: number;
    readonly key: string | null;
    readonly value: string | null;
    readonly crc?: number;
  }[];
}

export interface JavaSegment {
  readonly name: string;
  readonly baseOffset: number;
  readonly bytes: Buffer;
  readonly entries: readonly JavaEntry[];
}

const path = new URL("../data/message-formats/segments.json", import.meta.url);
type Written = Omit<JavaSegment, "bytes"> & { readonly bytes: string };

/** Four segments that follow one another, made by `test/data/message-formats/GenerateSegments.java`. */
export const javaSegments: readonly JavaSegment[] = (JSON.parse(readFileSync(path, "utf8")) as Written[]).map(
  ({ bytes, ...rest }) => ({ ...rest, bytes: Buffer.from(bytes, "hex") }),
);

/** The offset behind all of them. */
export const javaSegmentsEnd = javaSegments.at(-1)!.entries.at(-1)!.lastOffset + 1;
