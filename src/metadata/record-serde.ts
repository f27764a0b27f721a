import { readUnsignedVarint } from "../base/varint.ts";
import { codecOf } from "../protocol/codec.ts";
import { DecodeError, Reader } from "../protocol/reader.ts";
import { inRange, type Message } from "../protocol/schema.ts";
import { Writer } from "../protocol/writer.ts";
import {
  metadataRecordSchemas,
  type MetadataRecord,
  type MetadataRecordDraft,
  type MetadataRecordType,
} from "./metadata-record.ts";

const frameVersion = 1;

const typeByKey: ReadonlyMap<number, MetadataRecordType> = new Map(
  Object.entries(metadataRecordSchemas).map(([type, schema]) => [schema.key, type as MetadataRecordType]),
);

/** The value of one log record: frame version, record type and version as unsigned varints, then the body. */
export function encodeMetadataRecord(record: MetadataRecordDraft): Buffer {
  // The union of schemas and the union of drafts run in parallel, which the compiler cannot see.
  const schema = metadataRecordSchemas[record.type] as Message<unknown>;
  const writer = new Writer();
  writer.unsignedVarint(frameVersion);
  writer.unsignedVarint(schema.key);
  writer.unsignedVarint(record.version);
  codecOf(schema, record.version).encode(writer, record.data as never);
  return writer.toBuffer();
}

const decoded = new WeakMap<readonly Buffer[], readonly MetadataRecord[]>();

/** For `decodeMetadataRecords`: the controller has decoded what it appends by the time the loader hears of it. */
export function keepDecoded(values: readonly Buffer[], records: readonly MetadataRecord[]): void {
  decoded.set(values, records);
}

/**
 * The records of one batch.
 * @throws DecodeError when a value is not a metadata record that Kafka 4.3 knows
 */
export function decodeMetadataRecords(values: readonly Buffer[]): readonly MetadataRecord[] {
  return decoded.get(values) ?? values.map(decodeMetadataRecord);
}

/** @throws DecodeError when the value is not a metadata record that Kafka 4.3 knows */
export function decodeMetadataRecord(value: Buffer): MetadataRecord {
  const reader = new Reader(value);
  const frame = readUnsignedVarint(reader);
  if (frame === 0) {
    throw new DecodeError(
      "Could not deserialize metadata record with frame version 0. Note that upgrades from the preview release of KRaft in 2.8 to newer versions are not supported.",
    );
  }
  if (frame !== frameVersion) {
    throw new DecodeError(
      `Could not deserialize metadata record due to unknown frame version ${frame}(only frame version ${frameVersion} is supported)`,
    );
  }
  const key = readUnsignedVarint(reader);
  const version = readUnsignedVarint(reader);
  const type = typeByKey.get(key);
  if (type === undefined) throw new DecodeError(`unknown metadata record type ${key}`);
  const schema = metadataRecordSchemas[type] as Message<unknown>;
  if (!inRange(schema.versions, version)) throw new DecodeError(`unknown version ${version} of ${schema.name}`);
  const data = codecOf(schema, version).decode(reader);
  if (reader.offset !== value.length) {
    throw new DecodeError(`${value.length - reader.offset} bytes too many behind a ${schema.name}`);
  }
  return { type, version, data } as MetadataRecord;
}
