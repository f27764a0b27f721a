import { type NodeId, type Uuid } from "../base/brand.ts";
import { directoryIds } from "../metadata/directory-id.ts";
import { type BrokerRegistration, type ClusterImage } from "../metadata/image/cluster-image.ts";
import { Errors } from "../protocol/errors.ts";
import { ApiError } from "./api-error.ts";

/** A broker that may take leaderships and replicas. */
export function isActive(cluster: ClusterImage, id: NodeId): boolean {
  const broker = cluster.brokers.get(id);
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
}

/** Where a new replica on this broker goes, as far as the controller can tell: with several directories the broker decides. */
export function defaultDirectory(cluster: ClusterImage, id: NodeId): Uuid {
  const directories = cluster.brokers.get(id)?.directories;
  if (directories === undefined) return directoryIds.unassigned;
  if (directories.length === 0) return directoryIds.migrating;
  return (directories.length === 1 ? directories[0] : undefined) ?? directoryIds.unassigned;
}

/** Whether a replica in this directory of the broker can work; a directory that is not known is given the benefit. */
export function hasOnlineDirectory(broker: BrokerRegistration, directory: Uuid): boolean {
  if (directory === directoryIds.lost) return false;
  if (directory === directoryIds.unassigned || directory === directoryIds.migrating) return true;
  return broker.directories.length === 0 || broker.directories.includes(directory);
}

/** Whether new replicas may still be placed on the broker. */
export function hasUncordonedDirectory(broker: BrokerRegistration): boolean {
  const { directories, cordonedDirectories } = broker;
  if (directories.length === 0 || cordonedDirectories === null) return true;
  return directories.some((directory) => !cordonedDirectories.includes(directory));
}

/** Refuses the requests of an earlier life of a broker. */
export function brokerEpochProblem(cluster: ClusterImage, id: NodeId, epoch: number): ApiError | undefined {
  const broker = cluster.brokers.get(id);
  if (broker === undefined) {
    return new ApiError(Errors.STALE_BROKER_EPOCH, `No broker registration found for broker id ${id}`);
  }
  if (broker.epoch === epoch) return undefined;
  return new ApiError(
    Errors.STALE_BROKER_EPOCH,
    `Expected broker epoch ${broker.epoch}, but got broker epoch ${epoch}`,
  );
}
