import { type Clock, type Disk, type ReadWay } from "../../io/ports.ts";
import { batchSizeAt, holdsBatchAt } from "../batch-bytes.ts";
import { type Segment } from "../segment/segment.ts";

const nothing: Buffer = Buffer.alloc(0);

/** What a chunk is read from, and who is told. */
export interface ChunkRequest {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly segment: Segment;
  /** Where a batch begins. */
  readonly position: number;
  readonly sizeBytes: number;
  readonly way: ReadWay;
  /** The bytes are there, after so long; they may have come another way than asked for. */
  readonly onRead: (chunk: ReadChunk, way: ReadWay, tookMs: number) => void;
  /** It is no longer kept: not used, in the way, or the read failed. */
  readonly onDropped: (chunk: ReadChunk) => void;
}

/** Bytes of a segment's file that are being read, or were and wait for a reader. */
export class ReadChunk {
  readonly request: ChunkRequest;
  /** Resolves when the read has ended, or was given up; never rejects. */
  readonly settled: Promise<void>;
  readonly settle: () => void;
  /** Empty until they are read. */
  bytes: Buffer = nothing;
  /** Its memory as long as it has some. */
  memory: Buffer | undefined;
  isDropped = false;
  usedMs: number;
  #wholeBytes = 0;

  constructor(request: ChunkRequest) {
    this.request = request;
    this.usedMs = request.clock.monotonicMs();
    let settle: () => void = () => undefined;
    this.settled = new Promise((resolve) => (settle = resolve));
    this.settle = settle;
  }

  get isRead(): boolean {
    return this.bytes.length > 0;
  }

  covers(segment: Segment, position: number): boolean {
    const { request } = this;
    const sizeBytes = this.isRead ? this.bytes.length : request.sizeBytes;
    return request.segment === segment && position >= request.position && position < request.position + sizeBytes;
  }

  /** The bytes from that position of the segment on. */
  from(position: number): Buffer {
    return this.bytes.subarray(position - this.request.position);
  }

  /** Where in the segment its last whole batch ends. */
  get wholeEnd(): number {
    if (this.#wholeBytes === 0) this.#wholeBytes = wholeBatchesBytes(this.bytes);
    return this.request.position + this.#wholeBytes;
  }
}

function wholeBatchesBytes(bytes: Buffer): number {
  let end = 0;
  while (holdsBatchAt(bytes, end)) end += batchSizeAt(bytes, end);
  return end;
}
