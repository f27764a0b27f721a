import { type NodeId } from "../base/brand.ts";
import { leaderRecoveryStates, type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { Errors } from "../protocol/errors.ts";
import { ApiError } from "./api-error.ts";
import { defaultDirectory, hasUncordonedDirectory, isActive } from "./brokers.ts";
import { type ControllerView } from "./controller-view.ts";
import { ReplicaPlacer } from "./replica-placer.ts";

/** Makes partitions on brokers that the controller chooses: the same ones are there for all topics of a request. */
export class PartitionPlacer {
  readonly #view: ControllerView;
  readonly #replicas: ReplicaPlacer;

  constructor(view: ControllerView) {
    this.#view = view;
    const brokers = [...view.image.cluster.brokers.values()].filter(
      (broker) => view.sessions.shutdownOffset(broker.id) < 0 && hasUncordonedDirectory(broker),
    );
    this.#replicas = new ReplicaPlacer(brokers, view.random);
  }

  /** Of one topic. */
  place(partitionCount: number, replicationFactor: number): readonly PartitionRegistration[] | ApiError {
    const placement = this.#replicas.place(partitionCount, replicationFactor);
    if (placement instanceof ApiError) return placement;
    const partitions: PartitionRegistration[] = [];
    for (const replicas of placement) {
      const partition = newPartition(this.#view, replicas);
      if (partition === undefined) {
        return new ApiError(
          Errors.INVALID_REPLICATION_FACTOR,
          "All brokers are currently fenced or in controlled shutdown.",
        );
      }
      partitions.push(partition);
    }
    return partitions;
  }
}

/** Why a request may not name these brokers for a partition; undefined when it may. */
export function manualAssignmentProblem(
  view: ControllerView,
  replicas: readonly NodeId[],
  replicationFactor: number | undefined,
): ApiError | undefined {
  const invalid = (message: string) => new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT, message);
  if (replicas.length === 0) return invalid("The manual partition assignment includes an empty replica list.");
  const sorted = [...replicas].sort((a, b) => a - b);
  for (const [i, id] of sorted.entries()) {
    if (!view.image.cluster.brokers.has(id)) {
      return invalid(`The manual partition assignment includes broker ${id}, but no such broker is registered.`);
    }
    if (sorted[i - 1] === id) {
      return invalid(`The manual partition assignment includes the broker ${id} more than once.`);
    }
  }
  if (replicationFactor === undefined || replicas.length === replicationFactor) return undefined;
  return invalid(
    `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not consistent with previous partitions, which have ${replicationFactor} replica(s).`,
  );
}

/** A new partition on brokers that the request names. */
export function assignedPartition(
  view: ControllerView,
  partitionId: number,
  replicas: readonly NodeId[],
  replicationFactor: number | undefined,
): PartitionRegistration | ApiError {
  return (
    manualAssignmentProblem(view, replicas, replicationFactor) ??
    newPartition(view, replicas) ??
    new ApiError(
      Errors.INVALID_REPLICA_ASSIGNMENT,
      `All brokers specified in the manual partition assignment for partition ${partitionId} are fenced or in controlled shutdown.`,
    )
  );
}

/** undefined when none of the brokers is active. */
function newPartition({ image }: ControllerView, replicas: readonly NodeId[]): PartitionRegistration | undefined {
  const isr = replicas.filter((id) => isActive(image.cluster, id));
  const leader = isr[0];
  if (leader === undefined) return undefined;
  return {
    replicas,
    directories: replicas.map((id) => defaultDirectory(image.cluster, id)),
    isr,
    removingReplicas: [],
    addingReplicas: [],
    elr: [],
    lastKnownElr: [],
    leader,
    leaderRecoveryState: leaderRecoveryStates.recovered,
    leaderEpoch: 0,
    partitionEpoch: 0,
  };
}
