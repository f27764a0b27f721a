import { type Offset } from "../../src/base/brand.ts";
import { type AbortedTransaction } from "../../src/log/segment/transaction-index.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { ControlType } from "../../src/protocol/records/control-records.ts";
import { FetchPartition } from "../../src/replication/fetch-partition.ts";
import { readPartitions } from "../../src/replication/fetch-reader.ts";
import { type Partition } from "../../src/replication/partition.ts";
import { recordsWithin } from "./gzip-batches.ts";
import { demand } from "./violation.ts";

export interface ReadRecord {
  readonly offset: Offset;
  readonly key: string;
  readonly value: string;
}

/** A consumer with `isolation.level=read_committed`, as clients are: the broker names what was aborted, they leave it out. */
export class CommittedReader {
  readonly records: ReadRecord[] = [];
  #position: Offset;

  constructor(position: Offset = 0) {
    this.#position = position;
  }

  get position(): Offset {
    return this.#position;
  }

  /** Reads on to the last stable offset, in fetches of so many bytes; returns what is new. */
  read(partition: Partition, maxBytes: number): readonly ReadRecord[] {
    const known = this.records.length;
    for (;;) {
      const position = {
        fetchOffset: this.#position,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        logStartOffset: -1,
        maxBytes,
      };
      const request = new FetchPartition(partition.topicId, partition.topic, partition.index, position);
      const parameters = {
        bound: "lastStable",
        replicaId: -1,
        minBytes: 1,
        maxBytes,
        maxWaitMs: 0,
      } as const;
      const { results } = readPartitions([request], parameters, () => partition);
      const { errorCode, records, abortedTransactions } = results[0]!;
      demand(errorCode === Errors.NONE, () => `${partition.topic}-${partition.index}: fetch failed with ${errorCode}`);
      const before = this.#position;
      this.#take(records, abortedTransactions ?? []);
      if (this.#position === before) return this.records.slice(known);
    }
  }

  #take(bytes: Buffer, abortedTransactions: readonly AbortedTransaction[]): void {
    const upcoming = [...abortedTransactions].sort((one, other) => one.firstOffset - other.firstOffset);
    const aborted = new Set<number>();
    for (const batch of batches(bytes)) {
      while (upcoming[0] !== undefined && upcoming[0].firstOffset <= batch.lastOffset) {
        aborted.add(upcoming.shift()!.producerId);
      }
      const isNew = batch.lastOffset >= this.#position;
      if (batch.isControl) {
        const marker = [...recordsWithin(batch)][0];
        if (marker?.key?.readInt16BE(2) === ControlType.ABORT) aborted.delete(batch.producerId);
      } else if (isNew && !(batch.isTransactional && aborted.has(batch.producerId))) {
        for (const { offset, key, value } of recordsWithin(batch)) {
          if (offset < this.#position) continue;
          this.records.push({ offset, key: key?.toString() ?? "", value: value?.toString() ?? "" });
        }
      }
      if (isNew) this.#position = batch.lastOffset + 1;
    }
  }
}
