import { zeroUuid } from "../../../src/base/uuid.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { DelayedFetch } from "../../../src/replication/delayed-fetch.ts";
import { FetchPartition, type FetchPosition } from "../../../src/replication/fetch-partition.ts";
import {
  type FetchParameters,
  type FetchRead,
  type FetchResult,
  readPartitions,
} from "../../../src/replication/fetch-reader.ts";
import { FetchSession } from "../../../src/replication/fetch-session.ts";
import { type ReplicaManager } from "../../../src/replication/replica-manager.ts";

export interface Wanted extends Partial<FetchPosition> {
  readonly topic?: string;
  readonly partition?: number;
}

function wanted({ topic = "topic", partition = 0, ...position }: Wanted): FetchPartition {
  return new FetchPartition(zeroUuid, topic, partition, {
    fetchOffset: 0,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    maxBytes: 1_048_576,
    ...position,
  });
}

export const consumer: FetchParameters = {
  bound: "highWatermark",
  replicaId: -1,
  minBytes: 1,
  maxBytes: 1_048_576,
  maxWaitMs: 500,
};

export function resolver(replicas: ReplicaManager) {
  return ({ topic, partition }: FetchPartition) =>
    replicas.partition(topic ?? "", partition) ?? Errors.UNKNOWN_TOPIC_OR_PARTITION;
}

export function read(replicas: ReplicaManager, parameters: Partial<FetchParameters>, ...positions: Wanted[]) {
  return readPartitions(positions.map(wanted), { ...consumer, ...parameters }, resolver(replicas));
}

/** What each partition gave: the offsets of its batches, or the error. */
export function outcomes({ results, missing }: FetchRead): (string | number)[] {
  return [...results, ...missing].map(({ errorCode, records }) =>
    errorCode === Errors.NONE
      ? Array.from(batches(records), ({ baseOffset, lastOffset }) => `${baseOffset}..${lastOffset}`).join(" ")
      : errorCode,
  );
}

/** A fetch that waits; `done` stays empty while it does. */
export function park(replicas: ReplicaManager, parameters: Partial<FetchParameters>, ...positions: Wanted[]) {
  const all = { ...consumer, ...parameters };
  const done: FetchRead[] = [];
  const first = readPartitions(positions.map(wanted), all, resolver(replicas));
  if (first.mustAnswer) throw new Error("there is nothing to wait for");
  const onDone = (later: FetchRead) => done.push(later);
  const rest = { session: undefined, isIncremental: false, onDone };
  void new DelayedFetch(replicas, first, { parameters: all, resolve: resolver(replicas), ...rest });
  return done;
}

/** Does with the partitions of a session what the requests of a client do, as the handler of Fetch does it. */
export function sessionClient(replicas: ReplicaManager, nowMs: () => number) {
  const session = new FetchSession(1, false, nowMs());
  const at = (partition: number, fetchOffset: number): void => {
    const position = { fetchOffset, currentLeaderEpoch: -1, lastFetchedEpoch: -1, logStartOffset: -1, maxBytes: 1_000 };
    session.update(zeroUuid, "topic", partition, position);
  };
  const named = (told: readonly FetchResult[]) =>
    told.map(({ request, records, errorCode }) => {
      const offsets = Array.from(batches(records), ({ baseOffset, lastOffset }) => `${baseOffset}..${lastOffset}`);
      return `${request.partition}: ${errorCode === Errors.NONE ? offsets.join(" ") : errorCode}`;
    });
  /** The first request, which has all partitions. */
  const full = (): string[] => {
    const { results, missing } = readPartitions(session.partitions.values(), consumer, resolver(replicas));
    session.takeAll([...results, ...missing]);
    return named([...results, ...missing]);
  };
  /** A later one: what it answers at once, or what it is done with when it waits. */
  const incremental = (parameters: Partial<FetchParameters> = {}) => {
    const all = { ...consumer, ...parameters };
    session.lookAtAll(nowMs());
    const read = readPartitions(session.due(), all, resolver(replicas));
    const readCount = read.results.length;
    if (read.mustAnswer || all.maxWaitMs <= 0)
      return { readCount, told: named(session.takeNews([...read.results, ...read.missing])) };
    const answer: { readonly readCount: number; told: string[] | undefined } = { readCount, told: undefined };
    const onDone = (later: FetchRead): void => {
      answer.told = named(session.takeNews([...later.results, ...later.missing, ...read.missing]));
    };
    const rest = { session, isIncremental: true, onDone };
    void new DelayedFetch(replicas, read, { parameters: all, resolve: resolver(replicas), ...rest });
    return answer;
  };
  return { session, at, full, incremental };
}
