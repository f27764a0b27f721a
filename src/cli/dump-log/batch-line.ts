import { batchHeaderSizeBytes, type BatchView, currentMagic } from "../../protocol/records/batch-header.ts";
import { MessageView } from "../../protocol/records/message-view.ts";
import { longText } from "../../protocol/message-json.ts";
import { ClientError } from "../client/kafka-error.ts";
import { type Output } from "./output.ts";
import { type FileBatch } from "./segment-reader.ts";

/** The line of a batch. */
export function printBatch(batch: FileBatch, output: Output): void {
  const header = batch.header();
  if (batch.magic < currentMagic) output.print(`offset: ${longText(header.lastOffset)}`);
  else output.print(fieldsOf(header));
  const codec = compressionName(header);
  output.line(
    ` position: ${batch.position} ${timestampName(header)}: ${longText(header.maxTimestamp)} size: ${batch.sizeBytes}` +
      ` magic: ${batch.magic} compresscodec: ${codec} crc: ${header.crc} isvalid: ${isValid(batch)}`,
  );
}

function fieldsOf(header: BatchView): string {
  return (
    `baseOffset: ${longText(header.baseOffset)} lastOffset: ${longText(header.lastOffset)} count: ${header.recordCount}` +
    ` baseSequence: ${header.baseSequence} lastSequence: ${header.lastSequence}` +
    ` producerId: ${longText(header.producerId)} producerEpoch: ${header.producerEpoch}` +
    ` partitionLeaderEpoch: ${header.partitionLeaderEpoch} isTransactional: ${header.isTransactional}` +
    ` isControl: ${header.isControl} deleteHorizonMs: ${optionalLong(header.hasDeleteHorizon ? header.baseTimestamp : undefined)}`
  );
}

export function timestampName(batch: BatchView): "CreateTime" | "LogAppendTime" | "NoTimestampType" {
  if (batch instanceof MessageView && !batch.hasTimestamps) return "NoTimestampType";
  return batch.timestampType === "createTime" ? "CreateTime" : "LogAppendTime";
}

/** An optional number as Java prints one. */
export function optionalLong(value: number | undefined): string {
  return value === undefined ? "OptionalLong.empty" : `OptionalLong[${longText(value)}]`;
}

function compressionName(batch: BatchView): string {
  const name = batch.compression;
  if (name !== "unknown") return name;
  throw new ClientError("java.lang.IllegalArgumentException", `Unknown compression type id: ${batch.attributes & 7}`);
}

function isValid(batch: FileBatch): boolean {
  return (batch.magic < currentMagic || batch.sizeBytes >= batchHeaderSizeBytes) && batch.whole().isValidCrc();
}
