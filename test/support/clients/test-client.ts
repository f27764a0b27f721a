/** What every client is asked to do, in its own way. Programs in other languages get the same as one line of JSON. */
export type Codec = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** Keys, values and header values are base64, so that they are any bytes in every language. */
export interface SentRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Milliseconds. */
  readonly timestamp: number;
}

export interface ReceivedRecord extends SentRecord {
  readonly partition: number;
  readonly offset: number;
}

/** KIP-848's is "consumer"; clients that do not know it are never asked for it. */
export type GroupProtocol = "classic" | "consumer";

export interface Batch {
  readonly codec: Codec;
  readonly records: readonly SentRecord[];
}

export interface Operations {
  /** Creates a topic, the same once more, describes it, lists topics, deletes it. */
  admin: {
    input: { topic: string; partitions: number; config: Record<string, string> };
    output: {
      /** Kafka's error code of the second creation. */
      createAgain: number;
      listed: boolean;
      partitions: { id: number; leader: number; replicas: number[]; isr: number[] }[];
      /** The values of the keys that were set. */
      config: Record<string, string>;
    };
  };
  create: { input: { topic: string; partitions: number }; output: object };
  /** Each batch with a producer of its codec, acks=all. The client's own partitioner decides where a key goes. */
  produce: { input: { topic: string; batches: readonly Batch[] }; output: { sent: number } };
  /**
   * Without a group: all partitions from their start. With one: from what is committed, else the start; then commits
   * exactly what it returns, and leaves. Fails when `count` records do not come.
   */
  consume: {
    input: { topic: string; count: number; group?: string; protocol?: GroupProtocol };
    output: { records: ReceivedRecord[] };
  };
  /** By partition; partitions without a committed offset are left out. */
  committed: { input: { topic: string; group: string }; output: { offsets: Record<string, number> } };
  /**
   * Two members on a topic that has `count` records already; one leaves; the other goes on with `afterwards`; the group is
   * deleted when it is empty.
   */
  group: {
    input: {
      topic: string;
      group: string;
      protocol?: GroupProtocol;
      partitions: number;
      count: number;
      afterwards: Batch;
    };
    output: {
      /** What each member owned when both were in. */
      together: [number[], number[]];
      members: number;
      state: string;
      /** What the one that stayed owned in the end. */
      alone: number[];
      /** Values, in the order in which they came. */
      seen: (string | null)[];
      stateAfter: string;
      /** Kafka's error code of the deletion; null for a client that cannot delete groups. */
      deleted: number | null;
    };
  };
  /**
   * One member of a group with strategy "range" in which others may be members too. Commits what it reads; ends when it has
   * read something and then nothing for a while.
   */
  share: { input: { topic: string; group: string; idleMs: number }; output: { values: (string | null)[] } };
  /** A member of that name, which lives until it leaves; subscribed to topics or to a pattern of the server's. */
  join: {
    input: {
      member: string;
      group: string;
      protocol: GroupProtocol;
      topics?: readonly string[];
      pattern?: string;
      instanceId?: string;
    };
    output: object;
  };
  /** The members poll in turn for that long, and commit what they read. */
  work: {
    input: { members: readonly string[]; ms: number };
    /** What each owns then, as topic-partition; and the values, in the order in which they came. */
    output: { owned: Record<string, string[]>; values: (string | null)[] };
  };
  leave: { input: { member: string }; output: object };
}

export type OperationName = keyof Operations;

export interface TestClient {
  run<N extends OperationName>(
    operation: N,
    input: Operations[N]["input"] & { readonly bootstrap: string },
  ): Promise<Operations[N]["output"]>;
  close(): Promise<void>;
}

/** What differs between clients. */
export interface ClientTraits {
  readonly name: string;
  readonly codecs: readonly Codec[];
  /** Opened when the suite starts. */
  open(): Promise<TestClient>;
  /** Those of the group protocols that it knows; default: the classic one. */
  readonly protocols?: readonly GroupProtocol[];
  /** Its administration cannot delete groups. */
  readonly cannotDeleteGroups?: true;
}
