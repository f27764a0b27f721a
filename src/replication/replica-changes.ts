import { type NodeId, type Uuid } from "../base/brand.ts";
import { mapInParts, nextTurn, overTurns } from "../io/next-turn.ts";
import { DiskError, type Logger, type Timers } from "../io/ports.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import { type LogConfig } from "../log/log-config.ts";
import { type Log } from "../log/log.ts";
import {
  type LocalReplica,
  type LocalReplicaChanges,
  type LocalReplicaState,
} from "../metadata/delta/local-replica-changes.ts";
import { directoryIds } from "../metadata/directory-id.ts";
import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { Errors } from "../protocol/errors.ts";
import { type HostedTopic, type HostedTopics } from "./hosted-topics.ts";
import { Partition } from "./partition.ts";
import { RefusedReplicas } from "./refused-replicas.ts";
import { type AssignDirectory, type ReplicaMoves } from "./replica-moves.ts";

export interface ReplicaChangesParts {
  readonly brokerId: NodeId;
  readonly logManager: LogManager;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly assignDirectory: AssignDirectory;
  /** What is brought in line. */
  readonly hosted: HostedTopics;
  readonly moves: ReplicaMoves;
}

/** The configuration of a topic's logs. */
export type LogConfigOf = (topic: string) => LogConfig;

/** How many partitions come, change or go in one turn of the event loop. */
const changesOfTurn = 50;
/** The configurations of how many topics are followed in one. */
const configsOfTurn = 250;

/** Brings the replicas of this broker in line with the metadata. */
export class ReplicaChanges {
  readonly #parts: ReplicaChangesParts;
  readonly #hosted: HostedTopics;
  readonly #refused: RefusedReplicas;
  #isClosed = false;

  constructor(parts: ReplicaChangesParts) {
    this.#parts = parts;
    this.#hosted = parts.hosted;
    this.#refused = new RefusedReplicas(parts.timers, (state, config) => void this.#updateAll([state], () => config));
  }

  /**
   * Deletions first, since a name may come back with another id. What one partition throws is thrown when all others are
   * done.
   */
  apply(changes: LocalReplicaChanges, logConfigOf: LogConfigOf): void {
    const { removed, states } = this.#begin(changes);
    for (const log of removed) this.#parts.logManager.delete(log);
    throwFirst(this.#updateAll(states, logConfigOf));
  }

  /**
   * As `apply`, while clients are served: files are made and put aside off the event loop, and the rest is done in parts.
   * Partitions that go are not served any more when it returns; those that come are when it resolves. Not to be called again
   * before. Undefined when it is done already.
   */
  applyAside(changes: LocalReplicaChanges, logConfigOf: LogConfigOf): Promise<void> | undefined {
    const { removed, states } = this.#begin(changes);
    if (removed.length === 0 && states.length <= changesOfTurn && !states.some((state) => this.#isNew(state))) {
      throwFirst(this.#updateAll(states, logConfigOf));
      return undefined;
    }
    return this.#applyAside(removed, states, logConfigOf);
  }

  /** The topics' configurations are others: those of many are followed over several turns. */
  updateConfigs(topics: Iterable<string>, logConfigOf: LogConfigOf): Promise<void> | void {
    return overTurns(this.#updateConfigs(topics, logConfigOf), this.#parts.timers);
  }

  *#updateConfigs(topics: Iterable<string>, logConfigOf: LogConfigOf): Generator<void, void> {
    yield* mapInParts(topics, configsOfTurn, (topic) => this.#updateConfig(topic, logConfigOf(topic)));
  }

  #updateConfig(topic: string, config: LogConfig): void {
    this.#refused.updateConfig(topic, config);
    for (const partition of this.#hosted.byName.get(topic)?.partitions ?? []) {
      if (partition === undefined) continue;
      partition.log.updateConfig(config);
      this.#parts.logManager.future(topic, partition.index)?.updateConfig(config);
    }
  }

  /** Nothing more comes; what is under way ends soon. */
  close(): void {
    this.#refused.close();
    this.#isClosed = true;
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

  /** Ends the service of partitions that go, and returns their logs. */
  #stop(deletes: readonly LocalReplica[]): Log[] {
    const { logManager, moves } = this.#parts;
    const logs: Log[] = [];
    for (const { topic, topicId, partition: index } of deletes) {
      this.#refused.remove(topicId, index);
      const hosted = this.#hosted.byId.get(topicId);
      if (hosted === undefined) continue;
      hosted.offline.delete(index);
      const partition = hosted.partitions[index];
      if (partition !== undefined) {
        hosted.partitions[index] = undefined;
        hosted.count--;
        partition.stop(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        moves.cancel(partition);
      }
      // One that was refused may have a log, too.
      const found = logManager.get(topic, index);
      const log = partition?.log ?? (found?.topicId === topicId ? found : undefined);
      if (log !== undefined) logs.push(log);
      // Of a replica in a directory that has failed the copy outlasts the move. One just begun may not say whose it is.
      const copy = logManager.future(topic, index);
      if (copy !== undefined && (copy.topicId ?? topicId) === topicId) logs.push(copy);
      this.#hosted.release(hosted);
    }
    return logs;
  }

  async #applyAside(
    removed: readonly Log[],
    states: readonly LocalReplicaState[],
    logConfigOf: LogConfigOf,
  ): Promise<void> {
    const { logManager, timers } = this.#parts;
    for (let at = 0; at < removed.length; at += changesOfTurn) {
      await logManager.deleteAside(removed.slice(at, at + changesOfTurn));
      await nextTurn(timers);
    }
    const partsOf = (at: number) => states.slice(at, at + changesOfTurn);
    let files = this.#makeFiles(partsOf(0), logConfigOf);
    const faults: unknown[] = [];
    for (let at = 0; at < states.length; at += changesOfTurn) {
      await files;
      if (this.#isClosed) return logManager.abandonFiles();
      // The next ones are on their way meanwhile.
      files = this.#makeFiles(partsOf(at + changesOfTurn), logConfigOf);
      faults.push(...this.#updateAll(partsOf(at), logConfigOf));
      await nextTurn(timers);
    }
    throwFirst(faults);
  }

  #makeFiles(states: readonly LocalReplicaState[], logConfigOf: LogConfigOf): Promise<void> {
    const coming = states.filter((state) => this.#isNew(state));
    return this.#parts.logManager.makeFiles(
      coming.map(({ topic, partition, topicId, registration }) => {
        const assignedDirectory = wantedDirectory(this.#assignedDirectory(registration));
        return { topic, partition, topicId, assignedDirectory, config: logConfigOf(topic) };
      }),
    );
  }

  /** Nothing is known of it. One that is offline may lie in a directory that failed, and must not be made in another. */
  #isNew({ topicId, partition }: LocalReplicaState): boolean {
    const hosted = this.#hosted.byId.get(topicId);
    return hosted?.partitions[partition] === undefined && hosted?.offline.has(partition) !== true;
  }

  /** Returns what was thrown: a partition that has failed is offline, and the others go on. */
  #updateAll(states: readonly LocalReplicaState[], logConfigOf: LogConfigOf): unknown[] {
    const { logger } = this.#parts;
    const faults: unknown[] = [];
    for (const state of states) {
      const { topic, topicId, partition: index } = state;
      const hosted = this.#hosted.host(topic, topicId);
      try {
        this.#update(hosted, state, logConfigOf);
      } catch (error) {
        if (error instanceof DiskError && error.isShortage) {
          logger.warn({ topic, partition: index, error }, "The replica's log cannot be opened now");
          this.#refused.add(state, logConfigOf(topic));
          continue;
        }
        faults.push(error);
        logger.error({ topic, partition: index, error }, "The replica does not follow the metadata: it is offline");
        hosted.offline.set(index, Errors.KAFKA_STORAGE_ERROR);
        hosted.partitions[index]?.goOffline();
      }
    }
    return faults;
  }

  #update(hosted: HostedTopic, state: LocalReplicaState, logConfigOf: LogConfigOf): void {
    const { brokerId, logManager, logger, moves } = this.#parts;
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
    const wasOffline = wanted !== undefined && logManager.mayBeOffline(wanted);
    const log = logManager.getOrCreate(topic, index, topicId, logConfigOf(topic), wanted);
    if (log === undefined) {
      hosted.offline.set(index, wasOffline ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.KAFKA_STORAGE_ERROR);
      logger.error({ topic, partition: index, directory: assigned }, "No log directory that works has the replica");
      return;
    }
    const partition = new Partition(brokerId, topic, topicId, index, log, registration);
    hosted.partitions[index] = partition;
    hosted.count++;
    partition.start();
    this.#reportDirectory(partition, assigned);
    moves.resume(partition);
  }

  /** Tells the controller when the replica is in another directory than the metadata has it. */
  #reportDirectory(partition: Partition, assigned: Uuid | undefined): void {
    const { logManager, assignDirectory, moves } = this.#parts;
    // The newest word counts: it would be in the place of the one that the move waits for.
    if (moves.hasAssigned(partition)) return;
    const { topic, topicId, index, log } = partition;
    const actual = logManager.directoryOf(log)?.id;
    const future = logManager.future(topic, index);
    // While it moves, the metadata names where it goes before it is there.
    if (future !== undefined && logManager.directoryOf(future)?.id === assigned) return;
    if (actual !== undefined && actual !== assigned) assignDirectory(topicId, index, actual, () => {});
  }

  #assignedDirectory({ directories, replicas }: PartitionRegistration): Uuid | undefined {
    return directories[replicas.indexOf(this.#parts.brokerId)];
  }
}

function throwFirst(faults: readonly unknown[]): void {
  if (faults.length > 0) throw faults[0];
}

/** The directory that the metadata names; undefined when the broker is to choose. */
function wantedDirectory(assigned: Uuid | undefined): Uuid | undefined {
  return assigned === directoryIds.unassigned ? undefined : assigned;
}
