/** A number that carries its meaning in its type, so that an epoch cannot be passed where an offset is due. */
export type Brand<T, Name extends string> = T & { readonly __brand?: Name };

/** Position of a record in a partition; -1 where there is none. */
export type Offset = Brand<number, "Offset">;
export type LeaderEpoch = Brand<number, "LeaderEpoch">;
export type ProducerId = Brand<number, "ProducerId">;
export type ProducerEpoch = Brand<number, "ProducerEpoch">;
export type NodeId = Brand<number, "NodeId">;
/** 16 bytes as Kafka prints them: base64url without padding, 22 characters. */
export type Uuid = Brand<string, "Uuid">;
/** Milliseconds since the Unix epoch. */
export type TimestampMs = Brand<number, "TimestampMs">;
