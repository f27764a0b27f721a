import { codecOf } from "../../protocol/codec.ts";
import { longText } from "../../protocol/message-json.ts";
import { type Reader } from "../../protocol/reader.ts";
import { type LogRecord } from "../../protocol/records/record-iterator.ts";
import {
  type RemoteLogSegmentMetadataRecord,
  remoteLogSegmentMetadataRecord,
} from "../../protocol/remote-log-records/remote-log-segment-metadata-record.ts";
import {
  type RemoteLogSegmentMetadataSnapshotRecord,
  remoteLogSegmentMetadataSnapshotRecord,
} from "../../protocol/remote-log-records/remote-log-segment-metadata-snapshot-record.ts";
import {
  type RemoteLogSegmentMetadataUpdateRecord,
  remoteLogSegmentMetadataUpdateRecord,
} from "../../protocol/remote-log-records/remote-log-segment-metadata-update-record.ts";
import {
  type RemotePartitionDeleteMetadataRecord,
  remotePartitionDeleteMetadataRecord,
} from "../../protocol/remote-log-records/remote-partition-delete-metadata-record.ts";
import { inRange, type Message } from "../../protocol/schema.ts";
import { ExactReader } from "../../protocol/exact-reader.ts";
import { type RecordText } from "./record-decoder.ts";

const frameVersion = 1;

/**
 * Prints the records of `__remote_log_metadata` as Kafka's objects describe themselves, which is not JSON; they have no
 * keys.
 */
export function remoteLogDecoder({ value, offset }: LogRecord): RecordText {
  try {
    return { key: undefined, value: textOf(new ExactReader(value ?? Buffer.alloc(0))) };
  } catch (error) {
    return { key: undefined, value: `Error at offset ${offset}, skipping. ${(error as Error).message}` };
  }
}

function textOf(reader: Reader): string {
  const frame = reader.unsignedVarint();
  if (frame !== frameVersion) {
    throw new Error(
      `Could not deserialize metadata record due to unknown frame version ${frame}(only frame version ${frameVersion} is supported)`,
    );
  }
  const key = reader.unsignedVarint();
  const version = reader.unsignedVarint();
  switch (key) {
    case 0:
      return segmentText(decode(remoteLogSegmentMetadataRecord, version, reader));
    case 1:
      return updateText(decode(remoteLogSegmentMetadataUpdateRecord, version, reader));
    case 2:
      return partitionText(decode(remotePartitionDeleteMetadataRecord, version, reader));
    case 3:
      return snapshotText(decode(remoteLogSegmentMetadataSnapshotRecord, version, reader));
    default:
      throw new Error(`org.apache.kafka.common.errors.UnsupportedVersionException: Unknown metadata id ${key}`);
  }
}

function decode<T>(message: Message<T>, version: number, reader: Reader): T {
  if (!inRange(message.versions, version)) throw new Error(`Failed to deserialize record with type ${message.key}`);
  const decoded = codecOf(message, version).decode(reader);
  if (reader.remaining() > 0) throw new Error(`Found ${reader.remaining()} byte(s) of garbage after ${message.key}`);
  return decoded;
}

function segmentText(record: RemoteLogSegmentMetadataRecord): string {
  const { startOffset, endOffset } = record;
  if (startOffset < 0) {
    throw new Error(
      `Unexpected start offset = ${longText(startOffset)}. StartOffset for a remote segment cannot be negative`,
    );
  }
  if (endOffset < startOffset) {
    throw new Error(
      `Unexpected end offset = ${longText(endOffset)}. EndOffset for a remote segment cannot be less than startOffset = ${longText(startOffset)}`,
    );
  }
  return object("RemoteLogSegmentMetadata", {
    remoteLogSegmentId: segmentId(record.remoteLogSegmentId),
    startOffset: longText(startOffset),
    endOffset: longText(endOffset),
    brokerId: record.brokerId,
    maxTimestampMs: longText(record.maxTimestampMs),
    eventTimestampMs: longText(record.eventTimestampMs),
    segmentLeaderEpochs: epochs(record.segmentLeaderEpochs),
    segmentSizeInBytes: record.segmentSizeInBytes,
    customMetadata: customMetadata(record.customMetadata),
    state: segmentState(record.remoteLogSegmentState),
    txnIdxEmpty: record.txnIndexEmpty,
  });
}

function updateText(record: RemoteLogSegmentMetadataUpdateRecord): string {
  return object("RemoteLogSegmentMetadataUpdate", {
    remoteLogSegmentId: segmentId(record.remoteLogSegmentId),
    customMetadata: customMetadata(record.customMetadata),
    state: segmentState(record.remoteLogSegmentState),
    eventTimestampMs: longText(record.eventTimestampMs),
    brokerId: record.brokerId,
  });
}

function partitionText(record: RemotePartitionDeleteMetadataRecord): string {
  return object("RemotePartitionDeleteMetadata", {
    topicPartition: partition(record.topicIdPartition),
    state: named(partitionStates[record.remotePartitionDeleteState], "null"),
    eventTimestampMs: longText(record.eventTimestampMs),
    brokerId: record.brokerId,
  });
}

function snapshotText(record: RemoteLogSegmentMetadataSnapshotRecord): string {
  const state = segmentState(record.remoteLogSegmentState);
  return object("RemoteLogSegmentMetadataSnapshot", {
    segmentId: record.segmentId,
    startOffset: longText(record.startOffset),
    endOffset: longText(record.endOffset),
    maxTimestampMs: longText(record.maxTimestampMs),
    segmentLeaderEpochs: epochs(record.segmentLeaderEpochs),
    segmentSizeInBytes: record.segmentSizeInBytes,
    customMetadata: customMetadata(record.customMetadata),
    state,
    txnIdxEmpty: record.txnIndexEmpty,
  });
}

function object(name: string, members: Readonly<Record<string, string | number | boolean>>): string {
  const texts = Object.entries(members).map(([key, value]) => `${key}=${value}`);
  return `${name}{${texts.join(", ")}}`;
}

type TopicIdPartition = RemotePartitionDeleteMetadataRecord["topicIdPartition"];

function partition({ id, name, partition }: TopicIdPartition): string {
  return `${id}:${name}-${partition}`;
}

function segmentId({ topicIdPartition, id }: RemoteLogSegmentMetadataRecord["remoteLogSegmentId"]): string {
  return object("RemoteLogSegmentId", { topicIdPartition: partition(topicIdPartition), id });
}

function epochs(entries: RemoteLogSegmentMetadataRecord["segmentLeaderEpochs"]): string {
  if (entries.length === 0) throw new Error("segmentLeaderEpochs can not be null or empty");
  const offsets = new Map(entries.map(({ leaderEpoch, offset }) => [leaderEpoch, offset]));
  const sorted = [...offsets].sort(([a], [b]) => a - b);
  return `{${sorted.map(([epoch, offset]) => `${epoch}=${longText(offset)}`).join(", ")}}`;
}

function customMetadata(bytes: Buffer | null): string {
  return bytes === null ? "Optional.empty" : `Optional[CustomMetadata{${bytes.length} bytes}]`;
}

const segmentStates = [
  "COPY_SEGMENT_STARTED",
  "COPY_SEGMENT_FINISHED",
  "DELETE_SEGMENT_STARTED",
  "DELETE_SEGMENT_FINISHED",
];
const partitionStates = ["DELETE_PARTITION_MARKED", "DELETE_PARTITION_STARTED", "DELETE_PARTITION_FINISHED"];

function segmentState(id: number): string {
  return named(segmentStates[id], "state can not be null");
}

function named(state: string | undefined, complaint: string): string {
  if (state === undefined) throw new Error(complaint);
  return state;
}
