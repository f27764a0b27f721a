import { Reader } from "./reader.ts";

/**
 * Reads the integers that a double cannot hold, the hashes among the records of groups, as what they are: a `bigint`, which
 * the types of the messages do not know of.
 */
export class ExactReader extends Reader {
  override int64(): number {
    const start = this.offset;
    const value = super.int64();
    return Number.isSafeInteger(value) ? value : (this.buffer.readBigInt64BE(start) as unknown as number);
  }
}
