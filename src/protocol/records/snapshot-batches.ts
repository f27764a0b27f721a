import { type LeaderEpoch, type Offset, type TimestampMs } from "../../base/brand.ts";
import { type VotersRecord } from "../control-records/voters.ts";
import { type Draft } from "../schema.ts";
import { buildBatch } from "./batch-builder.ts";
import { controlRecord, ControlType, type ControlRecordDraft } from "./control-records.ts";

export interface SnapshotQuorum {
  readonly kraftVersion: number;
  /** undefined when the voters are configured statically. */
  readonly voters: Draft<VotersRecord["voters"]> | undefined;
}

/**
 * The bytes of a snapshot of the metadata log, also of `bootstrap.checkpoint`: a header control batch (with the voters when
 * the quorum is a dynamic one), batches of records, a footer control batch; offsets count from 0.
 */
export class SnapshotBatches {
  readonly #leaderEpoch: LeaderEpoch;
  readonly #timestampMs: TimestampMs;
  #nextOffset: Offset = 0;

  constructor(leaderEpoch: LeaderEpoch, timestampMs: TimestampMs) {
    this.#leaderEpoch = leaderEpoch;
    this.#timestampMs = timestampMs;
  }

  header(lastContainedLogTimestamp: TimestampMs, quorum?: SnapshotQuorum): Buffer {
    const controls: ControlRecordDraft[] = [
      { type: ControlType.SNAPSHOT_HEADER, message: { lastContainedLogTimestamp } },
    ];
    if (quorum !== undefined && quorum.kraftVersion > 0) {
      controls.push({ type: ControlType.KRAFT_VERSION, message: { kRaftVersion: quorum.kraftVersion } });
      if (quorum.voters !== undefined) {
        controls.push({ type: ControlType.KRAFT_VOTERS, message: { voters: quorum.voters } });
      }
    }
    return this.#batch(controls.map(controlRecord), true);
  }

  data(values: readonly Buffer[]): Buffer {
    const records = values.map((value) => ({ key: null, value }));
    return this.#batch(records, false);
  }

  footer(): Buffer {
    return this.#batch([controlRecord({ type: ControlType.SNAPSHOT_FOOTER, message: {} })], true);
  }

  #batch(records: readonly { key: Buffer | null; value: Buffer }[], isControl: boolean): Buffer {
    const batch = buildBatch({
      records: records.map((record) => ({ ...record, timestamp: this.#timestampMs })),
      baseOffset: this.#nextOffset,
      leaderEpoch: this.#leaderEpoch,
      isControl,
    });
    this.#nextOffset += records.length;
    return batch;
  }
}
