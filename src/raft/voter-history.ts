import { type Offset } from "../base/brand.ts";
import { type ControlRecord, ControlType } from "../protocol/records/control-records.ts";
import { type VoterSet, votersFromRecord } from "./voter-set.ts";

export interface QuorumVersion {
  readonly kraftVersion: number;
  readonly voters: VoterSet;
}

/** The quorum's voters and kraft.version as they were at each offset; the newest count at once, committed or not. */
export class VoterHistory {
  readonly #initial: QuorumVersion;
  /** In the order of offsets. */
  #changes: { readonly offset: Offset; readonly quorum: QuorumVersion }[] = [];

  constructor(staticVoters: VoterSet) {
    this.#initial = { kraftVersion: 0, voters: staticVoters };
  }

  /** Takes note of a control record at `offset` of the log, or of a snapshot that reaches to `offset`. */
  apply(record: ControlRecord, offset: Offset): void {
    const quorum = this.last;
    if (record.type === ControlType.KRAFT_VERSION) {
      this.#add(offset, { ...quorum, kraftVersion: record.message.kRaftVersion });
    } else if (record.type === ControlType.KRAFT_VOTERS) {
      this.#add(offset, { ...quorum, voters: votersFromRecord(record.message.voters) });
    }
  }

  get last(): QuorumVersion {
    return this.#changes.at(-1)?.quorum ?? this.#initial;
  }

  /** The voters come from the snapshot that formatting left: no record of the log has named them. */
  get isBootstrap(): boolean {
    return this.#changes.at(-1)?.offset === -1;
  }

  /** As of the records below `endOffset`. */
  before(endOffset: Offset): QuorumVersion {
    return this.#changes.findLast(({ offset }) => offset < endOffset)?.quorum ?? this.#initial;
  }

  #add(offset: Offset, quorum: QuorumVersion): void {
    this.#changes.push({ offset, quorum });
  }
}
