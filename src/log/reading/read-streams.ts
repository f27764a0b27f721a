import { type Offset } from "../../base/brand.ts";
import { type ReadPace, unknownPace } from "./read-pace.ts";
import { type Segment } from "../segment/segment.ts";

/** As many readers that lag are followed in one log. */
const countMax = 16;

/** A reader that reads large parts of files one behind the other. */
export interface ReadStream {
  segment: Segment;
  /** Where its next read begins. */
  offset: Offset;
  position: number;
  pace: ReadPace;
  /** How much is read at once for it: a batch at least. */
  chunkBytes: number;
  /** It has gone on from where it was: what comes next is worth being read ahead. */
  isSequential: boolean;
}

/**
 * The readers of one log that lag. They are known by where they read next, since that is all that a request tells: two at
 * the same place are one.
 */
export class ReadStreams {
  readonly #chunkBytes: number;
  /** The one that was used last is at the end. */
  readonly #streams: ReadStream[] = [];

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  find(offset: Offset): ReadStream | undefined {
    for (const stream of this.#streams) if (stream.offset === offset) return stream;
    return undefined;
  }

  start(segment: Segment, offset: Offset, position: number): ReadStream {
    if (this.#streams.length >= countMax) this.#streams.shift();
    const chunkBytes = this.#chunkBytes;
    const stream: ReadStream = { segment, offset, position, pace: unknownPace, chunkBytes, isSequential: false };
    this.#streams.push(stream);
    return stream;
  }

  /** It has read up to there. */
  advance(stream: ReadStream, offset: Offset, position: number): void {
    stream.offset = offset;
    stream.position = position;
    stream.isSequential = true;
    const index = this.#streams.indexOf(stream);
    if (index < 0 || index === this.#streams.length - 1) return;
    this.#streams.splice(index, 1);
    this.#streams.push(stream);
  }

  /** What is known of the readers stays true where the bytes have moved; where they are does not. */
  forget(): void {
    this.#streams.length = 0;
  }
}
