import { type NodeId, type Offset, type Uuid } from "../base/brand.ts";
import { TimerWheel, type WheelEntry } from "../base/timer-wheel.ts";
import { type Clock, type Logger, type TimerHandle, type Timers } from "../io/ports.ts";
import { type LogConfig } from "../log/log-config.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import { type LocalReplicaChanges, type LocalReplicaState } from "../metadata/delta/local-replica-changes.ts";
import { directoryIds } from "../metadata/directory-id.ts";
import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { Partition } from "./partition.ts";
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
}

const tickMs = 10;

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

  /** Brings the replicas here in line with new metadata: deletions first, since a name may come back with another id. */
  apply(changes: LocalReplicaChanges, logConfigOf: (topic: string) => LogConfig): void {
    for (const { topicId, partition } of changes.deletes) this.#remove(topicId, partition);
    for (const state of changes.leaders) this.#update(state, logConfigOf);
    for (const state of changes.followers) this.#update(state, logConfigOf);
  }

  updateConfig(topic: string, config: LogConfig): void {
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

  /** The metadata gives this broker a replica; where there is none all the same, it is in a directory that is offline. */
  hasReplica({ replicas }: PartitionRegistration): boolean {
    return !this.#isClosed && replicas.includes(this.#brokerId);
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
    this.#isClosed = true;
    // A client that is told so looks for the new leader.
    for (const partition of this.partitions()) partition.stop(Errors.NOT_LEADER_OR_FOLLOWER);
    this.#byName.clear();
    this.#byId.clear();
  }

  #update(state: LocalReplicaState, logConfigOf: (topic: string) => LogConfig): void {
    const { topic, topicId, partition: index, registration } = state;
    let hosted = this.#byId.get(topicId);
    if (hosted === undefined) {
      hosted = { name: topic, id: topicId, partitions: [] };
      this.#byId.set(topicId, hosted);
      this.#byName.set(topic, hosted);
    }
    const existing = hosted.partitions[index];
    const assigned = registration.directories[registration.replicas.indexOf(this.#brokerId)];
    if (existing !== undefined) {
      existing.update(registration);
      return this.#reportDirectory(existing, assigned);
    }
    const wanted = assigned === directoryIds.unassigned ? undefined : assigned;
    const log = this.#logManager.getOrCreate(topic, index, topicId, logConfigOf(topic), wanted);
    if (log === undefined) {
      this.#logger.error(
        { topic, partition: index, directory: assigned },
        "No log directory that works has the replica",
      );
      return;
    }
    const partition = new Partition(this.#brokerId, topic, topicId, index, log, registration);
    hosted.partitions[index] = partition;
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

  #remove(topicId: Uuid, index: number): void {
    const hosted = this.#byId.get(topicId);
    const partition = hosted?.partitions[index];
    if (hosted === undefined || partition === undefined) return;
    hosted.partitions[index] = undefined;
    if (hosted.partitions.every((other) => other === undefined)) {
      this.#byId.delete(topicId);
      if (this.#byName.get(hosted.name) === hosted) this.#byName.delete(hosted.name);
    }
    partition.stop(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    this.#moves.cancel(partition);
    this.#logManager.delete(partition.log);
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
