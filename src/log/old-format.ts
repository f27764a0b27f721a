import { crc32 } from "@node-rs/crc32";
import { DiskError, type DiskFile } from "../io/ports.ts";
import { lengthAt, logOverheadBytes, magicAt } from "../protocol/records/batch-header.ts";

/** Of the formats before record batches: `offset i64 │ size i32 │ crc u32 │ magic i8 │ …`, and what is the least of each. */
const crcAt = 12;
const sizesLeast = [14, 22];

/**
 * Batches end at `position`: what stands there may be messages of format 0 or 1, as brokers before Kafka 0.11 wrote them.
 * Apache Kafka still serves those; here nothing reads them, and a tail of them must not be taken for damage and cut.
 * @throws DiskError with code EOLDFORMAT, which stops the start
 */
export function refuseOldFormat(file: DiskFile, position: number, end: number): void {
  const head = Buffer.allocUnsafe(magicAt + 1);
  if (end - position < head.length || file.read(head, position) < head.length) return;
  const magic = head.readInt8(magicAt);
  const sizeBytes = head.readInt32BE(lengthAt);
  const least = sizesLeast[magic];
  if (least === undefined || sizeBytes < least || sizeBytes > end - position - logOverheadBytes) return;
  const body = Buffer.allocUnsafe(sizeBytes - 4);
  const isWhole = file.read(body, position + magicAt) === body.length;
  if (!isWhole || crc32(body) !== head.readUInt32BE(crcAt)) return;
  throw new DiskError(
    "EOLDFORMAT",
    `${file.path} has records of message format ${magic} at position ${position}, and Odradek reads format 2 alone. Apache Kafka still reads them: copy what the topic has to another one with it, then remove the topic.`,
  );
}
