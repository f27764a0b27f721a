import { type LogRecord } from "../../protocol/records/record-iterator.ts";
import { ClientError } from "../client/kafka-error.ts";
import { printBatch } from "./batch-line.ts";
import { type TellDone } from "../command/status-line.ts";
import { type DumpLogOptions, maxBytesDefault } from "./dump-log-options.ts";
import { type Findings } from "./findings.ts";
import { type NamedFile, parseLong } from "./named-file.ts";
import { type Output } from "./output.ts";
import { recordDecoder, printsRecords, type RecordDecoder } from "./record-decoder.ts";
import { recordMetadata } from "./record-line.ts";
import { recordsIn } from "./records-in.ts";
import { type FileBatch, SegmentReader } from "./segment-reader.ts";

const bootstrapSnapshot = "bootstrap.checkpoint";

/** Prints a segment or a metadata snapshot: each batch, and with `--deep-iteration` its records. */
export async function dumpLogFile(
  file: NamedFile,
  options: DumpLogOptions,
  output: Output,
  findings: Findings,
): Promise<void> {
  const decode = printsRecords(options) ? await recordDecoder(options) : undefined;
  const maxBytes = options.value("max-bytes") ?? maxBytesDefault;

  output.line(titleOf(file));
  const reader = new SegmentReader(file.path);
  try {
    const end = reader.endOf(0, maxBytes);
    const batches = reader.batches(0, end);
    const validBytes = await output.track({ what: `Reading ${file.name}`, total: end, unit: "bytes" }, (tell) =>
      printBatches(batches, { file, options, decode, output, findings, tell }),
    );
    if (output.isReaderGone) return;
    if (end > validBytes && maxBytes === maxBytesDefault) {
      output.line(`Found ${end - validBytes} invalid bytes at the end of ${file.name}`);
    }
  } finally {
    reader.close();
  }
}

interface Printing {
  readonly file: NamedFile;
  readonly options: DumpLogOptions;
  readonly decode: RecordDecoder | undefined;
  readonly output: Output;
  readonly findings: Findings;
  /** Takes the bytes that were read. */
  readonly tell: TellDone;
}

/** Prints batches until nobody reads it any more; resolves with how many bytes they have. */
async function printBatches(batches: Iterable<FileBatch>, printing: Printing): Promise<number> {
  const { file, options, decode, output, findings, tell } = printing;
  const isDeep = options.has("deep-iteration") || decode !== undefined;
  const isBrief = options.has("skip-record-metadata");
  let validBytes = 0;
  let lastOffset = -1;
  for (const batch of batches) {
    printBatch(batch, output);
    if (isDeep) {
      for await (const record of recordsIn(batch)) {
        if (record.offset !== lastOffset + 1) findings.gap(file.absolutePath, lastOffset, record.offset);
        lastOffset = record.offset;
        printRecord(batch, record, decode, isBrief, output);
      }
    }
    validBytes += batch.sizeBytes;
    await output.relieve();
    if (output.isReaderGone) break;
    await tell(validBytes);
  }
  return validBytes;
}

function titleOf(file: NamedFile): string {
  if (file.suffix === ".log") return `Log starting offset: ${file.baseOffset}`;
  if (file.name === bootstrapSnapshot) return "KRaft bootstrap snapshot";
  // The name is the end offset in 20 digits, a dash, and the epoch in 10.
  const endOffset = parseLong(part(file.name, 0, 20));
  return `Snapshot end offset: ${endOffset}, epoch: ${parseLong(part(file.name, 21, 31))}`;
}

function part(name: string, start: number, end: number): string {
  if (name.length >= end) return name.slice(start, end);
  throw new ClientError(
    "java.lang.StringIndexOutOfBoundsException",
    `begin ${start}, end ${end}, length ${name.length}`,
  );
}

function printRecord(
  batch: FileBatch,
  record: LogRecord,
  decode: RecordDecoder | undefined,
  isBrief: boolean,
  output: Output,
): void {
  const header = batch.header();
  if (!isBrief) output.print(recordMetadata(header, record));
  if (decode !== undefined && !header.isControl) {
    const { key, value } = decode(record);
    let prefix = isBrief ? "| " : " ";
    if (key !== undefined) {
      output.print(`${prefix}key: ${key}`);
      prefix = " ";
    }
    if (value !== undefined) output.print(`${prefix}payload: ${value}`);
  }
  output.print("\n");
}
