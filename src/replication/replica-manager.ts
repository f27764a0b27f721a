import { type NodeId, type Offset, type Uuid } from "../base/brand.ts";
import { TimerWheel, type WheelEntry } from "../base/timer-wheel.ts";
import { nextTurn } from "../io/next-turn.ts";
import { type Clock, DiskError, type Logger, type TimerHandle, type Timers } from "../io/ports.ts";
import { type LogConfig } from "../log/log-config.ts";
import { type Log } from "../log/log.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import {
  type LocalReplica,
  type LocalReplicaChanges,
  type LocalReplicaState,
} from "../metadata/delta/local-replica-changes.ts";
import { directoryIds } from "../metadata/directory-id.ts";
import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { Partition } from "./partition.ts";
import { RefusedReplicas } from "./refused-replicas.ts";
import { type AssignDirectory, ReplicaMoves } from "./replica-moves.ts";

export interface ReplicaManagerOptions {
  readonly brokerId: NodeId;
  readonly logManager: LogManager;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Tells the controller where replicas are; without it nobody tracks directories. */
  readonly assignDirectory?: AssignDirectory;
  /** `replica.alter.log.dirs.io.max.bytes.per.second`, as it is now. */
  readonly moveBytesPerSecond?: () => number;
  /** `cordoned.log.dirs` */
  readonly isCordoned?: (directory: string) => boolean;
}

/** The partitions of one topic that have a replica here, by partition number. */
interface HostedTopic {
  readonly name: string;
  readonly id: Uuid;
  readonly partitions: (Partition | undefined)[];
  /** How many there are. */
  count: number;
  /** Those that no directory that works has, with what Kafka tells of them. */
  readonly offline: Map<number, ErrorCode>;
}

const tickMs = 10;
/** How many partitions come, change or go in one turn of the event loop. */
const changesOfTurn = 50;

/** The replicas on this broker, and the requests that wait for them. */
export class ReplicaManager {
  readonly #brokerId: NodeId;
  readonly #logManager: LogManager;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #byName = new Map<string, HostedTopic>();
  readonly #byId = new Map<Uuid, HostedTopic>();
  readonly #wheel: TimerWheel;
  readonly #moves: ReplicaMoves;
  readonly #refused: RefusedReplicas;
  readonly #assignDirectory: AssignDirectory;
  #timer: TimerHandle | undefined;
  #timerDueMs = Infinity;
  #isClosed = false;
  readonly #onTimer = (): void => this.#expire();

  constructor(options: ReplicaManagerOptions) {
    this.#brokerId = options.brokerId;
    this.#logManager = options.logManager;
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#logger = options.logger;
    this.#wheel = new TimerWheel(tickMs, options.clock.monotonicMs());
    this.#assignDirectory = options.assignDirectory ?? ((_topicId, _partition, _directory, onAccepted) => onAccepted());
    const { logManager, clock, timers, logger } = options;
    this.#refused = new RefusedReplicas(timers, (state, config) => void this.#updateAll([state], () => config));
    this.#moves = new ReplicaMoves({
      logManager,
      clock,
      timers,
      logger,
      assignDirectory: this.#assignDirectory,
      bytesPerSecond: options.moveBytesPerSecond ?? (() => Infinity),
      isCordoned: options.isCordoned ?? (() => false),
    });
  }

  /** Moves a replica to another log directory of this broker; returns Kafka's error, NONE when the move has begun. */
  alterLogDir(topic: string, index: number, directory: string): ErrorCode {
    return this.#moves.alter(topic, index, this.partition(topic, index), directory);
  }

  partition(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.partitions[index];
  }

  partitionById(topicId: Uuid, index: number): Partition | undefined {
    return this.#byId.get(topicId)?.partitions[index];
  }

  *partitions(): Generator<Partition> {
    for (const { partitions } of this.#byName.values()) {
      for (const partition of partitions) if (partition !== undefined) yield partition;
    }
  }

  /** What the high-watermark checkpoint of a log directory holds. */
  *highWatermarks(): Generator<{ topic: string; partition: number; directory: string; offset: Offset }> {
    for (const { topic, index, log, highWatermark } of this.partitions()) {
      yield { topic, partition: index, directory: log.dir, offset: highWatermark };
    }
  }

  /**
   * Brings the replicas here in line with new metadata: deletions first, since a name may come back with another id. What one
   * partition throws is thrown when all others are done.
   */
  apply(changes: LocalReplicaChanges, logConfigOf: (topic: string) => LogConfig): void {
    const { removed, states } = this.#begin(changes);
    for (const log of removed) this.#logManager.delete(log);
    throwFirst(this.#updateAll(states, logConfigOf));
  }

  /**
   * As `apply`, while clients are served: files are made and put aside off the event loop, and the rest is done in parts.
   * Partitions that go are not served any more when it returns; those that come are when it resolves. Not to be called again
   * before. Undefined when it is done already.
   */
  applyAside(changes: LocalReplicaChanges, logConfigOf: (topic: string) => LogConfig): Promise<void> | undefined {
    const { removed, states } = this.#begin(changes);
    if (removed.length === 0 && states.length <= changesOfTurn && !states.some((state) => this.#isNew(state))) {
      throwFirst(this.#updateAll(states, logConfigOf));
      return undefined;
    }
    return this.#applyAside(removed, states, logConfigOf);
  }

  /**
   * Ends the service of what goes. What comes or changes waits for no other try from now on: one while its files are made
   * aside would open what is half made, and with what was said of it before.
   */
  #begin(changes: LocalReplicaChanges): { readonly removed: Log[]; readonly states: readonly LocalReplicaState[] } {
    const removed = this.#stop(changes.deletes);
    const states = [...changes.leaders, ...changes.followers];
    for (const { topicId, partition } of states) this.#refused.remove(topicId, partition);
    return { removed, states };
  }

  async #applyAside(
    removed: readonly Log[],
    states: readonly LocalReplicaState[],
    logConfigOf: (topic: string) => LogConfig,
  ): Promise<void> {
    for (let at = 0; at < removed.length; at += changesOfTurn) {
      await this.#logManager.deleteAside(removed.slice(at, at + changesOfTurn));
      await nextTurn(this.#timers);
    }
    const partsOf = (at: number) => states.slice(at, at + changesOfTurn);
    let files = this.#makeFiles(partsOf(0), logConfigOf);
    const faults: unknown[] = [];
    for (let at = 0; at < states.length; at += changesOfTurn) {
      await files;
      if (this.#isClosed) return this.#logManager.abandonFiles();
      // The next ones are on their way meanwhile.
      files = this.#makeFiles(partsOf(at + changesOfTurn), logConfigOf);
      faults.push(...this.#updateAll(partsOf(at), logConfigOf));
      await nextTurn(this.#timers);
    }
    throwFirst(faults);
  }

  #makeFiles(states: readonly LocalReplicaState[], logConfigOf: (topic: string) => LogConfig): Promise<void> {
    const coming = states.filter((state) => this.#isNew(state));
    return this.#logManager.makeFiles(
      coming.map(({ topic, partition, topicId, registration }) => {
        const assignedDirectory = wantedDirectory(this.#assignedDirectory(registration));
        return { topic, partition, topicId, assignedDirectory, config: logConfigOf(topic) };
      }),
    );
  }

  /** Nothing is known of it. One that is offline may lie in a directory that failed, and must not be made in another. */
  #isNew({ topicId, partition }: LocalReplicaState): boolean {
    const hosted = this.#byId.get(topicId);
    return hosted?.partitions[partition] === undefined && hosted?.offline.has(partition) !== true;
  }

  updateConfig(topic: string, config: LogConfig): void {
    this.#refused.updateConfig(topic, config);
    for (const partition of this.#byName.get(topic)?.partitions ?? []) {
      if (partition === undefined) continue;
      partition.log.updateConfig(config);
      this.#logManager.future(topic, partition.index)?.updateConfig(config);
    }
  }

  /** A log directory failed: its partitions answer KAFKA_STORAGE_ERROR from now on. */
  onDirectoryFailed(directory: string): void {
    this.#moves.onDirectoryFailed(directory);
    for (const partition of this.partitions()) {
      if (partition.log.dir.startsWith(`${directory}/`)) partition.goOffline();
    }
  }

  /**
   * What is told of a partition that has no replica here. KAFKA_STORAGE_ERROR: the metadata gives this broker one, and its
   * directory has failed; but as long as nothing was said of the replica since its directory was found offline at the start,
   * it is as if it were still to come, as in Kafka.
   */
  absenceError(topicId: Uuid, index: number): ErrorCode {
    return this.#byId.get(topicId)?.offline.get(index) ?? Errors.NOT_LEADER_OR_FOLLOWER;
  }

  absenceErrorByName(topic: string, index: number): ErrorCode {
    return this.#byName.get(topic)?.offline.get(index) ?? Errors.NOT_LEADER_OR_FOLLOWER;
  }

  /** Calls `act` when all partitions that are being written together are written; at once when none is. */
  whenAllAreWritten(act: () => void): void {
    this.#logManager.whenAllAreWritten(act);
  }

  /** How many requests wait here. */
  get waitingCount(): number {
    return this.#wheel.size;
  }

  /** Has `entry.onExpire` called `delayMs` from now unless it is removed before. */
  schedule(entry: WheelEntry, delayMs: number): void {
    const deadlineMs = this.#clock.monotonicMs() + delayMs;
    this.#wheel.add(entry, deadlineMs);
    if (deadlineMs < this.#timerDueMs) this.#arm(deadlineMs);
  }

  unschedule(entry: WheelEntry): void {
    this.#wheel.remove(entry);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#moves.close();
    this.#refused.close();
    this.#isClosed = true;
    // A client that is told so looks for the new leader.
    for (const partition of this.partitions()) partition.stop(Errors.NOT_LEADER_OR_FOLLOWER);
    this.#byName.clear();
    this.#byId.clear();
  }

  /** Returns what was thrown: a partition that has failed is offline, and the others go on. */
  #updateAll(states: readonly LocalReplicaState[], logConfigOf: (topic: string) => LogConfig): unknown[] {
    const faults: unknown[] = [];
    for (const state of states) {
      const { topic, topicId, partition: index } = state;
      const hosted = this.#hostedTopic(topic, topicId);
      try {
        this.#update(hosted, state, logConfigOf);
      } catch (error) {
        if (error instanceof DiskError && error.isShortage) {
          this.#logger.warn({ topic, partition: index, error }, "The replica's log cannot be opened now");
          this.#refused.add(state, logConfigOf(topic));
          continue;
        }
        faults.push(error);
        this.#logger.error(
          { topic, partition: index, error },
          "The replica does not follow the metadata: it is offline",
        );
        hosted.offline.set(index, Errors.KAFKA_STORAGE_ERROR);
        hosted.partitions[index]?.goOffline();
      }
    }
    return faults;
  }

  #hostedTopic(name: string, id: Uuid): HostedTopic {
    let hosted = this.#byId.get(id);
    if (hosted === undefined) {
      hosted = { name, id, partitions: [], count: 0, offline: new Map() };
      this.#byId.set(id, hosted);
      this.#byName.set(name, hosted);
    }
    return hosted;
  }

  #update(hosted: HostedTopic, state: LocalReplicaState, logConfigOf: (topic: string) => LogConfig): void {
    const { topic, topicId, partition: index, registration } = state;
    const existing = hosted.partitions[index];
    if (existing === undefined && !this.#isNew(state)) {
      hosted.offline.set(index, Errors.KAFKA_STORAGE_ERROR);
      return;
    }
    const assigned = this.#assignedDirectory(registration);
    if (existing !== undefined) {
      existing.update(registration);
      return this.#reportDirectory(existing, assigned);
    }
    const wanted = wantedDirectory(assigned);
    const wasOffline = wanted !== undefined && this.#logManager.mayBeOffline(wanted);
    const log = this.#logManager.getOrCreate(topic, index, topicId, logConfigOf(topic), wanted);
    if (log === undefined) {
      hosted.offline.set(index, wasOffline ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.KAFKA_STORAGE_ERROR);
      this.#logger.error(
        { topic, partition: index, directory: assigned },
        "No log directory that works has the replica",
      );
      return;
    }
    const partition = new Partition(this.#brokerId, topic, topicId, index, log, registration);
    hosted.partitions[index] = partition;
    hosted.count++;
    partition.start();
    this.#reportDirectory(partition, assigned);
    this.#moves.resume(partition);
  }

  /** Tells the controller when the replica is in another directory than the metadata has it. */
  #reportDirectory({ topic, topicId, index, log }: Partition, assigned: Uuid | undefined): void {
    const actual = this.#logManager.directoryOf(log)?.id;
    const future = this.#logManager.future(topic, index);
    // While it moves, the metadata names where it goes before it is there.
    if (future !== undefined && this.#logManager.directoryOf(future)?.id === assigned) return;
    if (actual !== undefined && actual !== assigned) this.#assignDirectory(topicId, index, actual, () => {});
  }

  #assignedDirectory({ directories, replicas }: PartitionRegistration): Uuid | undefined {
    return directories[replicas.indexOf(this.#brokerId)];
  }

  /** Ends the service of partitions that go, and returns their logs. */
  #stop(deletes: readonly LocalReplica[]): Log[] {
    const logs: Log[] = [];
    for (const { topicId, partition: index } of deletes) {
      this.#refused.remove(topicId, index);
      const hosted = this.#byId.get(topicId);
      hosted?.offline.delete(index);
      const partition = hosted?.partitions[index];
      if (hosted === undefined) continue;
      if (partition !== undefined) {
        hosted.partitions[index] = undefined;
        hosted.count--;
        partition.stop(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        this.#moves.cancel(partition);
        logs.push(partition.log);
      }
      if (hosted.count > 0 || hosted.offline.size > 0) continue;
      this.#byId.delete(topicId);
      if (this.#byName.get(hosted.name) === hosted) this.#byName.delete(hosted.name);
    }
    return logs;
  }

  #expire(): void {
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
    this.#wheel.advance(this.#clock.monotonicMs());
    const dueMs = this.#wheel.nextDeadlineMs();
    if (dueMs !== undefined) this.#arm(dueMs);
  }

  /** A timer that became needless because its entry was removed is left: it only finds nothing to expire. */
  #arm(dueMs: number): void {
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = this.#timers.after(Math.max(0, dueMs - this.#clock.monotonicMs()) + tickMs, this.#onTimer);
  }
}

function throwFirst(faults: readonly unknown[]): void {
  if (faults.length > 0) throw faults[0];
}

/** The directory that the metadata names; undefined when the broker is to choose. */
function wantedDirectory(assigned: Uuid | undefined): Uuid | undefined {
  return assigned === directoryIds.unassigned ? undefined : assigned;
}
