import { type ErrorCode, errorName, Errors, isRetriable } from "../../protocol/errors.ts";

/**
 * What a script throws when an operation failed. `kind` is the class of the Java exception that Kafka's tool would have
 * met: people and scripts look for it in the log lines.
 */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly kind: string;
  readonly isRetriable: boolean;

  constructor(kind: string, message: string, isRetriable = false, cause?: Error) {
    super(message, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.isRetriable = isRetriable;
  }
}

/** An exception that comes without a message in Java; not even an empty one. */
export class WordlessError extends ClientError {
  constructor(kind: string) {
    super(kind, "");
  }
}

/** An error code that a broker answered with. */
export class KafkaError extends ClientError {
  readonly code: number;

  constructor(code: number, message?: string | null) {
    super(exceptionOf(code), message ?? defaultMessageOf(code), isRetriable(code));
    this.code = code;
  }
}

/** The connection broke, or no answer came in time: the request may be sent again. */
export class DisconnectError extends ClientError {
  constructor(message = "The server disconnected before a response was received.") {
    super("org.apache.kafka.common.errors.DisconnectException", message, true);
  }
}

/** All the time that the operation had is used up. */
export class TimeoutError extends ClientError {
  constructor(message: string) {
    super("org.apache.kafka.common.errors.TimeoutException", message);
  }
}

/** A bad setting, found before anything was sent. */
export class ConfigurationError extends ClientError {
  constructor(message: string, kind = "org.apache.kafka.common.config.ConfigException") {
    super(kind, message);
  }
}

/** Throws unless `code` is NONE. */
export function throwIfError(code: number, message?: string | null): void {
  if (code !== Errors.NONE) throw new KafkaError(code, message);
}

/** The exceptions whose name is not the error's name in camel case. */
const irregular: Partial<Record<ErrorCode, string>> = {
  [Errors.UNKNOWN_SERVER_ERROR]: "UnknownServer",
  [Errors.CORRUPT_MESSAGE]: "CorruptRecord",
  [Errors.REQUEST_TIMED_OUT]: "Timeout",
  [Errors.MESSAGE_TOO_LARGE]: "RecordTooLarge",
  [Errors.NETWORK_EXCEPTION]: "Network",
  [Errors.INVALID_TOPIC_EXCEPTION]: "InvalidTopic",
  [Errors.RECORD_LIST_TOO_LARGE]: "RecordBatchTooLarge",
  [Errors.TOPIC_AUTHORIZATION_FAILED]: "TopicAuthorization",
  [Errors.GROUP_AUTHORIZATION_FAILED]: "GroupAuthorization",
  [Errors.CLUSTER_AUTHORIZATION_FAILED]: "ClusterAuthorization",
  [Errors.TOPIC_ALREADY_EXISTS]: "TopicExists",
  [Errors.INVALID_CONFIG]: "InvalidConfiguration",
  [Errors.OUT_OF_ORDER_SEQUENCE_NUMBER]: "OutOfOrderSequence",
  [Errors.KAFKA_STORAGE_ERROR]: "KafkaStorage",
  [Errors.NON_EMPTY_GROUP]: "GroupNotEmpty",
};

function exceptionOf(code: number): string {
  // The one that lies in another package.
  if (code === Errors.INVALID_RECORD) return "org.apache.kafka.common.InvalidRecordException";
  const name =
    irregular[code as ErrorCode] ??
    errorName(code)
      .split("_")
      .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
      .join("");
  return `org.apache.kafka.common.errors.${name}Exception`;
}

/** What Kafka's clients say when the broker sent a code without a message of its own. */
const defaultMessages: Partial<Record<ErrorCode, string>> = {
  [Errors.UNKNOWN_SERVER_ERROR]: "The server experienced an unexpected error when processing the request.",
  [Errors.OFFSET_OUT_OF_RANGE]: "The requested offset is not within the range of offsets maintained by the server.",
  [Errors.CORRUPT_MESSAGE]:
    "This message has failed its CRC checksum, exceeds the valid size, has a null key for a compacted topic, or is otherwise corrupt.",
  [Errors.UNKNOWN_TOPIC_OR_PARTITION]: "This server does not host this topic-partition.",
  [Errors.LEADER_NOT_AVAILABLE]:
    "There is no leader for this topic-partition as we are in the middle of a leadership election.",
  [Errors.NOT_LEADER_OR_FOLLOWER]:
    "For requests intended only for the leader, this error indicates that the broker is not the current leader. For requests intended for any replica, this error indicates that the broker is not a replica of the topic partition.",
  [Errors.REQUEST_TIMED_OUT]: "The request timed out.",
  [Errors.MESSAGE_TOO_LARGE]: "The request included a message larger than the max message size the server will accept.",
  [Errors.COORDINATOR_LOAD_IN_PROGRESS]: "The coordinator is loading and hence can't process requests.",
  [Errors.COORDINATOR_NOT_AVAILABLE]: "The coordinator is not available.",
  [Errors.NOT_COORDINATOR]: "This is not the correct coordinator.",
  [Errors.INVALID_TOPIC_EXCEPTION]: "The request attempted to perform an operation on an invalid topic.",
  [Errors.RECORD_LIST_TOO_LARGE]:
    "The request included message batch larger than the configured segment size on the server.",
  [Errors.NOT_ENOUGH_REPLICAS]: "Messages are rejected since there are fewer in-sync replicas than required.",
  [Errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND]:
    "Messages are written to the log, but to fewer in-sync replicas than required.",
  [Errors.INVALID_GROUP_ID]: "The group id is invalid.",
  [Errors.OFFSET_METADATA_TOO_LARGE]: "The metadata field of the offset request was too large.",
  [Errors.UNKNOWN_MEMBER_ID]: "The coordinator is not aware of this member.",
  [Errors.REBALANCE_IN_PROGRESS]: "The group is rebalancing, so a rejoin is needed.",
  [Errors.INVALID_COMMIT_OFFSET_SIZE]: "The committing offset data size is not valid.",
  [Errors.GROUP_SUBSCRIBED_TO_TOPIC]:
    "Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to it.",
  [Errors.STALE_MEMBER_EPOCH]:
    "The member epoch is stale. The member must retry after receiving its updated member epoch via the ConsumerGroupHeartbeat API.",
  [Errors.TOPIC_AUTHORIZATION_FAILED]: "Topic authorization failed.",
  [Errors.GROUP_AUTHORIZATION_FAILED]: "Group authorization failed.",
  [Errors.CLUSTER_AUTHORIZATION_FAILED]: "Cluster authorization failed.",
  [Errors.UNSUPPORTED_VERSION]: "The version of API is not supported.",
  [Errors.TOPIC_ALREADY_EXISTS]: "Topic with this name already exists.",
  [Errors.INVALID_PARTITIONS]: "Number of partitions is below 1.",
  [Errors.INVALID_REPLICATION_FACTOR]: "Replication factor is below 1 or larger than the number of available brokers.",
  [Errors.INVALID_REPLICA_ASSIGNMENT]: "Replica assignment is invalid.",
  [Errors.INVALID_CONFIG]: "Configuration is invalid.",
  [Errors.INVALID_REQUEST]:
    "This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.",
  [Errors.POLICY_VIOLATION]: "Request parameters do not satisfy the configured policy.",
  [Errors.OUT_OF_ORDER_SEQUENCE_NUMBER]: "The broker received an out of order sequence number.",
  [Errors.KAFKA_STORAGE_ERROR]: "Disk error when trying to access log file on the disk.",
  [Errors.NON_EMPTY_GROUP]: "The group is not empty.",
  [Errors.GROUP_ID_NOT_FOUND]: "The group id does not exist.",
  [Errors.GROUP_MAX_SIZE_REACHED]: "The group has reached its maximum size.",
  [Errors.INVALID_RECORD]: "This record has failed the validation on broker and hence will be rejected.",
  [Errors.UNKNOWN_TOPIC_ID]: "This server does not host this topic ID.",
  [Errors.TOPIC_DELETION_DISABLED]: "Topic deletion is disabled.",
  [Errors.UNSUPPORTED_COMPRESSION_TYPE]:
    "The requesting client does not support the compression type of given partition.",
};

function defaultMessageOf(code: number): string {
  return defaultMessages[code as ErrorCode] ?? errorName(code).toLowerCase().replaceAll("_", " ");
}

/** Throws a failure as those who wait for a future of Kafka's clients see it: wrapped, with its class in the message. */
export function executionError(error: unknown): never {
  if (!(error instanceof ClientError)) throw error;
  throw new ClientError(
    "java.util.concurrent.ExecutionException",
    `${error.kind}: ${error.message}`,
    error.isRetriable,
    error,
  );
}
