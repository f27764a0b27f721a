import { type SnapshotId } from "../../../src/raft/snapshot-id.ts";
import { type Logger } from "../../../src/io/ports.ts";
import { nodeDisk } from "../../../src/io/node/node-disk.ts";
import { RaftDriver } from "../../../src/raft/driver.ts";
import { type CommittedBatch, type LeaderAndEpoch, type RaftListener } from "../../../src/raft/listener.ts";
import { QuorumStateStore } from "../../../src/raft/quorum-state-store.ts";
import { type SnapshotRetention } from "../../../src/raft/snapshot-retention.ts";
import { SnapshotStore } from "../../../src/raft/snapshot-store.ts";
import { type Voter, type VoterSet } from "../../../src/raft/voter-set.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { MemoryReplicatedLog } from "../../support/memory-replicated-log.ts";
import { silentLogger } from "../../support/silent-logger.ts";

export const localVoter: Voter = {
  id: 1,
  directoryId: "9yNED-s7ThKndIHOGy2q6Q",
  endpoints: [{ name: "CONTROLLER", host: "localhost", port: 9093 }],
  minKRaftVersion: 0,
  maxKRaftVersion: 1,
};

/** Writes down what it hears. */
class RecordingListener implements RaftListener {
  readonly heard: string[] = [];
  readonly batches: CommittedBatch[] = [];

  onSnapshot(id: SnapshotId, _timeMs: number, content: Iterable<{ kind: string; values?: readonly Buffer[] }>): void {
    const values = [...content].flatMap((part) => part.values ?? []).map(String);
    this.heard.push(`snapshot ${id.offset}-${id.epoch}: ${values.join(" ")}`);
  }

  onCommit(batches: readonly CommittedBatch[]): void {
    this.batches.push(...batches);
    for (const { baseOffset, epoch, values } of batches) {
      this.heard.push(`${baseOffset}@${epoch} ${values.length === 0 ? "control" : values.map(String).join(" ")}`);
    }
  }

  onCaughtUp(): void {}

  onLeaderChange({ leaderId, epoch }: LeaderAndEpoch): void {
    this.heard.push(`leader ${leaderId} of ${epoch}`);
  }
}

export interface RaftFixtureOptions {
  readonly dir: string;
  readonly log?: MemoryReplicatedLog;
  readonly time?: ManualTime;
  readonly staticVoters?: VoterSet;
  readonly local?: Voter;
  readonly retention?: SnapshotRetention;
  readonly logger?: Logger;
}

/** A replica on `dir`, as it would be after a start of the process. */
export function raftFixture(options: RaftFixtureOptions) {
  const { dir, log = new MemoryReplicatedLog(), time = new ManualTime(), local = localVoter } = options;
  const failures: unknown[] = [];
  const driver = new RaftDriver({
    local,
    staticVoters: options.staticVoters ?? [{ ...local, directoryId: "AAAAAAAAAAAAAAAAAAAAAA" }],
    log,
    snapshots: new SnapshotStore(dir, nodeDisk),
    elections: new QuorumStateStore(dir, nodeDisk),
    retention: options.retention ?? { bytesMax: -1, msMax: -1 },
    clock: time,
    timers: time,
    logger: options.logger ?? silentLogger,
    onFatal: (error) => failures.push(error),
  });
  const listener = new RecordingListener();
  driver.addListener(listener);
  return { driver, log, time, listener, heard: listener.heard, batchesHeard: listener.batches, failures };
}
