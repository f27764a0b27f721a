import { type LogRecord } from "../../protocol/records/record-iterator.ts";
import { type DumpLogOptions } from "./dump-log-options.ts";

/** What is printed of a record; undefined for a part that is not printed. */
export interface RecordText {
  readonly key: string | undefined;
  readonly value: string | undefined;
}

export type RecordDecoder = (record: LogRecord) => RecordText;

const decoderOptions = [
  "offsets-decoder",
  "transaction-log-decoder",
  "cluster-metadata-decoder",
  "remote-log-metadata-decoder",
  "share-group-state-decoder",
  "value-decoder-class",
  "key-decoder-class",
] as const;

export function printsRecords(options: DumpLogOptions): boolean {
  return options.has("print-data-log") || decoderOptions.some((name) => options.has(name));
}

/** The decoder that the command line asks for; each is loaded only when it is. @throws ClientError */
export async function recordDecoder(options: DumpLogOptions): Promise<RecordDecoder> {
  switch (decoderOptions.find((name) => options.has(name))) {
    case "offsets-decoder": {
      const { coordinatorDecoder } = await import("./coordinator-decoder.ts");
      const { groupRecords } = await import("./group-records.ts");
      return coordinatorDecoder(groupRecords);
    }
    case "transaction-log-decoder": {
      const { coordinatorDecoder } = await import("./coordinator-decoder.ts");
      const { transactionRecords } = await import("./transaction-records.ts");
      return coordinatorDecoder(transactionRecords);
    }
    case "share-group-state-decoder": {
      const { coordinatorDecoder } = await import("./coordinator-decoder.ts");
      const { shareRecords } = await import("./share-records.ts");
      return coordinatorDecoder(shareRecords);
    }
    case "cluster-metadata-decoder": {
      const { clusterMetadataDecoder } = await import("./cluster-metadata-decoder.ts");
      return clusterMetadataDecoder;
    }
    case "remote-log-metadata-decoder": {
      const { remoteLogDecoder } = await import("./remote-log-decoder.ts");
      return remoteLogDecoder;
    }
    default: {
      const { plainDecoder } = await import("./plain-decoder.ts");
      const value = plainDecoder(options.value("value-decoder-class") ?? "");
      const key = plainDecoder(options.value("key-decoder-class") ?? "");
      return (record) => ({
        key: record.key === null ? undefined : key(record.key),
        value: record.value === null ? undefined : value(record.value),
      });
    }
  }
}
