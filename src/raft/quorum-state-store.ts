import { type Disk } from "../io/ports.ts";
import { type NodeId } from "../base/brand.ts";
import {
  formatQuorumState,
  noElection,
  parseQuorumState,
  type ElectionState,
  type QuorumStateVersion,
} from "./election-state.ts";

/** The file `quorum-state` in the metadata log's directory. */
export class QuorumStateStore {
  readonly #path: string;
  readonly #disk: Disk;

  constructor(logDir: string, disk: Disk) {
    this.#path = `${logDir}/quorum-state`;
    this.#disk = disk;
  }

  read(): ElectionState {
    if (!this.#disk.exists(this.#path)) return noElection;
    return parseQuorumState(this.#disk.readFile(this.#path).toString("utf8"));
  }

  /** Durable when it returns: only then may an answer tell of the vote or the epoch. */
  write(state: ElectionState, version: QuorumStateVersion, voterIds: readonly NodeId[]): void {
    this.#disk.writeFileAtomic(this.#path, formatQuorumState(state, version, voterIds));
  }
}
