import { zeroUuid } from "../../../src/base/uuid.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { DelayedFetch } from "../../../src/replication/delayed-fetch.ts";
import { FetchPartition, type FetchPosition } from "../../../src/replication/fetch-partition.ts";
import { type FetchParameters, type FetchRead, readPartitions } from "../../../src/replication/fetch-reader.ts";
import { type ReplicaManager } from "../../../src/replication/replica-manager.ts";

export interface Wanted extends Partial<FetchPosition> {
  readonly topic?: string;
  readonly partition?: number;
}

export function wanted({ topic = "topic", partition = 0, ...position }: Wanted): FetchPartition {
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
  leaderOnly: true,
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
  void new DelayedFetch(replicas, first, all, resolver(replicas), (later) => done.push(later));
  return done;
}
