import { decodeMetadataRecord } from "../../metadata/record-serde.ts";
import { metadataRecordSchemas } from "../../metadata/metadata-record.ts";
import { jsonString, messageJson } from "../../protocol/message-json.ts";
import { type Message } from "../../protocol/schema.ts";
import { type RecordText } from "./record-decoder.ts";
import { type LogRecord } from "../../protocol/records/record-iterator.ts";

/** Prints the records of the metadata log and of its snapshots; they have no keys. */
export function clusterMetadataDecoder({ value, offset }: LogRecord): RecordText {
  try {
    const { type, version, data } = decodeMetadataRecord(value ?? Buffer.alloc(0));
    const schema: Message<unknown> = metadataRecordSchemas[type];
    const json = messageJson(schema, version, data);
    return {
      key: undefined,
      value: `{"type":${jsonString(constantName(schema.name))},"version":${version},"data":${json}}`,
    };
  } catch (error) {
    return { key: undefined, value: `Error at ${offset}, skipping. ${(error as Error).message}` };
  }
}

/** `PartitionRecord` is called PARTITION_RECORD. */
function constantName(name: string): string {
  return name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
