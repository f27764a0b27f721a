import { type NodeId, type Uuid } from "../base/brand.ts";
import { type Clock, type Logger, type Timers } from "../io/ports.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import { type LocalReplicaChanges } from "../metadata/delta/local-replica-changes.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { absenceErrorIn, type HostedTopic, HostedTopics } from "./hosted-topics.ts";
import { type Partition } from "./partition.ts";
import { type LogConfigOf, ReplicaChanges } from "./replica-changes.ts";
import { type AssignDirectory, ReplicaMoves } from "./replica-moves.ts";
import { RequestDeadlines } from "./request-deadlines.ts";

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

/** The replicas on this broker, and the requests that wait for them. */
export class ReplicaManager {
  /** Of the requests that wait. */
  readonly deadlines: RequestDeadlines;
  readonly #logManager: LogManager;
  readonly #hosted = new HostedTopics();
  readonly #byName: ReadonlyMap<string, HostedTopic> = this.#hosted.byName;
  readonly #byId: ReadonlyMap<Uuid, HostedTopic> = this.#hosted.byId;
  readonly #moves: ReplicaMoves;
  readonly #changes: ReplicaChanges;

  constructor(options: ReplicaManagerOptions) {
    const { brokerId, logManager, clock, timers, logger } = options;
    const assignDirectory: AssignDirectory =
      options.assignDirectory ?? ((_topicId, _partition, _directory, onAccepted) => onAccepted());
    this.#logManager = logManager;
    this.deadlines = new RequestDeadlines(clock, timers);
    this.#moves = new ReplicaMoves({
      logManager,
      clock,
      timers,
      logger,
      assignDirectory,
      bytesPerSecond: options.moveBytesPerSecond ?? (() => Infinity),
      isCordoned: options.isCordoned ?? (() => false),
    });
    const common = { brokerId, logManager, timers, logger, assignDirectory };
    this.#changes = new ReplicaChanges({ ...common, hosted: this.#hosted, moves: this.#moves });
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

  /** What is told of a partition that has no replica here. */
  absenceError(topicId: Uuid, index: number): ErrorCode {
    return absenceErrorIn(this.#byId.get(topicId), index);
  }

  absenceErrorByName(topic: string, index: number): ErrorCode {
    return absenceErrorIn(this.#byName.get(topic), index);
  }

  partitions(): Generator<Partition> {
    return this.#hosted.partitions();
  }

  /**
   * Brings the replicas here in line with new metadata: deletions first, since a name may come back with another id. What one
   * partition throws is thrown when all others are done.
   */
  apply(changes: LocalReplicaChanges, logConfigOf: LogConfigOf): void {
    this.#changes.apply(changes, logConfigOf);
  }

  /**
   * As `apply`, while clients are served, over several turns of the event loop. Partitions that go are not served any more
   * when it returns; those that come are when it resolves. Not to be called again before. Undefined when it is done already.
   */
  applyAside(changes: LocalReplicaChanges, logConfigOf: LogConfigOf): Promise<void> | undefined {
    return this.#changes.applyAside(changes, logConfigOf);
  }

  /** The topics' configurations are others. A promise when there are many: then it is done over several turns. */
  updateConfigs(topics: Iterable<string>, logConfigOf: LogConfigOf): Promise<void> | void {
    return this.#changes.updateConfigs(topics, logConfigOf);
  }

  /** A log directory failed: its partitions answer KAFKA_STORAGE_ERROR from now on. */
  onDirectoryFailed(directory: string): void {
    this.#moves.onDirectoryFailed(directory);
    for (const partition of this.partitions()) {
      if (partition.log.dir.startsWith(`${directory}/`)) partition.goOffline();
    }
  }

  /** Calls `act` when all partitions that are being written together are written; at once when none is. */
  whenAllAreWritten(act: () => void): void {
    this.#logManager.whenAllAreWritten(act);
  }

  /** So much waits to be written that nobody should send more without waiting. */
  get isDiskBehind(): boolean {
    return this.#logManager.isDiskBehind;
  }

  close(): void {
    this.deadlines.close();
    this.#moves.close();
    this.#changes.close();
    // A client that is told so looks for the new leader.
    for (const partition of this.partitions()) partition.stop(Errors.NOT_LEADER_OR_FOLLOWER);
    this.#hosted.clear();
  }
}
