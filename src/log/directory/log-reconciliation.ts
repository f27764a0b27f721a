import { type Uuid } from "../../base/brand.ts";
import { DiskError, type Logger } from "../../io/ports.ts";
import { type Log } from "../log.ts";
import { type LogDirectories } from "./log-directories.ts";
import { type LogRegistry } from "./log-registry.ts";
import { type LogRelocation } from "./log-relocation.ts";

/** What the metadata says about the replicas of this broker. */
export interface AssignedReplicas {
  /** Whether it has a replica of the partition; the topic's id is undefined when the log's file of it is lost. */
  isAssigned(topic: string, partition: number, topicId: Uuid | undefined): boolean;
  /** Id of the log directory that the partition is assigned to; undefined when the partition is not known. */
  directoryOf(topic: string, partition: number): Uuid | undefined;
}

export interface FoundLogs {
  readonly logs: LogRegistry;
  readonly directories: LogDirectories;
  readonly relocation: LogRelocation;
  readonly logger: Logger;
}

/**
 * Brings what was found in the log directories in line with the metadata, once: what it does not speak of is set aside, of
 * two logs of a partition one gives way, and copies take the place of logs that are gone.
 * @throws DiskError (EDUPLICATE) when a partition is in two directories
 */
export function reconcile(found: FoundLogs, assigned: AssignedReplicas): void {
  setStraysAside(found, assigned);
  settleRivals(found);
  promoteAbandoned(found, assigned);
}

function setStraysAside({ logs, relocation, logger }: FoundLogs, assigned: AssignedReplicas): void {
  for (const log of [...logs.all(), ...logs.rivals]) {
    const hasRival = [...logs.rivals].some(({ name }) => name === log.name);
    // Whose records are they where the file that says so is lost? As in Kafka nobody's; so of two that log gives way too.
    const isKnown = log.topicId !== undefined || (!hasRival && isEmpty(log));
    if (isKnown && assigned.isAssigned(log.topic, log.partition, log.topicId)) continue;
    logger.warn({ log: log.name, directory: log.dir }, "No topic of the cluster has this log: it is moved aside");
    relocation.setAside(log);
  }
}

function settleRivals({ logs, relocation, logger }: FoundLogs): void {
  for (const log of logs.rivals) {
    const other = logs.current.get(log.name);
    if (other !== undefined && areRivals(log, other)) throw duplicateLogs(log, other);
    const loser = other === undefined || isEmpty(other) ? other : log;
    if (loser !== undefined) {
      logger.warn(
        { log: loser.name, directory: loser.dir },
        "The log is also elsewhere, and empty here: it is moved aside",
      );
      relocation.setAside(loser);
    }
    if (loser === log) continue;
    logs.rivals.delete(log);
    logs.current.set(log.name, log);
  }
}

/** Copies of which the current log is gone while they are the replica: a failure came between. */
function promoteAbandoned({ logs, directories, relocation, logger }: FoundLogs, assigned: AssignedReplicas): void {
  for (const future of logs.futures.values()) {
    if (logs.current.has(future.name)) continue;
    const directory = assigned.directoryOf(future.topic, future.partition);
    const isReplica = directory !== undefined && logs.directoryOf(future)?.id === directory;
    // Where the current log was is not even configured any more: the copy is all there is.
    const isAllThereIs = !directories.hasOffline && directories.findOnline(directory ?? "") === undefined;
    if (!isReplica && !isAllThereIs) continue;
    logger.warn({ log: future.name, directory: future.dir }, "Promoting a future log that was abandoned");
    relocation.promoteFuture(future.topic, future.partition);
  }
}

/**
 * Whether both have, or had, records of one topic. A log that never had one is what was left of it when its directory failed,
 * just made or half made: without it nothing is lost. Nobody's are those that do not say whose they are.
 */
export function areRivals(one: Log, other: Log): boolean {
  return one.topicId !== undefined && one.topicId === other.topicId && !isEmpty(one) && !isEmpty(other);
}

function isEmpty({ logEndOffset }: Log): boolean {
  return logEndOffset === 0;
}

/** Worded as Kafka does: the operator has to choose. */
export function duplicateLogs(one: Log, other: Log): DiskError {
  return new DiskError(
    "EDUPLICATE",
    `Duplicate log directories for ${one.name} are found in both ${one.dir} and ${other.dir}. It is likely because log directory failure happened while broker was replacing current replica with future replica. Recover broker from this failure by manually deleting one of the two directories for this partition. It is recommended to delete the partition in the log directory that is known to have failed recently.`,
  );
}
