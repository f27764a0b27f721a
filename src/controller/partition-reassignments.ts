import { mapInParts } from "../io/next-turn.ts";
import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { Errors } from "../protocol/errors.ts";
import { type Draft } from "../protocol/schema.ts";
import { ApiError, errorFields } from "./api-error.ts";
import { type ControllerView } from "./controller-view.ts";
import { manualAssignmentProblem } from "./new-partitions.ts";
import { type Deciding, itemsOfTurn } from "./result.ts";

type AlterRequest = ApiRequest<"alterPartitionReassignments">;
type AlterResponse = Draft<ApiResponse<"alterPartitionReassignments">>;
type ListRequest = ApiRequest<"listPartitionReassignments">;
type ListResponse = Draft<ApiResponse<"listPartitionReassignments">>;

/**
 * New replicas for partitions; null ends a reassignment that is under way. A cluster of one broker has nowhere to take
 * replicas from or to: what can be asked for is what there is already, which changes nothing. Tools ask for just that when
 * they move replicas between log directories.
 */
export function* alterPartitionReassignments(view: ControllerView, request: AlterRequest): Deciding<AlterResponse> {
  const responses = yield* mapInParts(request.topics, itemsOfTurn, ({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, replicas }) => ({
      partitionIndex,
      ...errorFields(reassignmentProblem(view, name, partitionIndex, replicas)),
    })),
  }));
  const { allowReplicationFactorChange } = request;
  return { records: [], response: { errorCode: Errors.NONE, allowReplicationFactorChange, responses } };
}

function reassignmentProblem(
  view: ControllerView,
  name: string,
  index: number,
  replicas: readonly number[] | null,
): ApiError | undefined {
  const unknown = (message: string) => new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION, message);
  const topic = view.image.topics.byName.get(name);
  if (topic === undefined) return unknown(`Unable to find a topic named ${name}.`);
  const partition = topic.partitions[index];
  if (partition === undefined) return unknown(`Unable to find partition ${name}:${index}.`);
  if (replicas === null)
    return new ApiError(Errors.NO_REASSIGNMENT_IN_PROGRESS, "No partition reassignment is in progress.");
  const problem = manualAssignmentProblem(view, replicas, undefined);
  if (problem !== undefined || sameReplicas(partition, replicas)) return problem;
  return new ApiError(
    Errors.INVALID_REPLICA_ASSIGNMENT,
    `The replicas of ${name}-${index} cannot become ${replicas.join(", ")}: this version runs one broker.`,
  );
}

function sameReplicas({ replicas }: PartitionRegistration, others: readonly number[]): boolean {
  return replicas.length === others.length && replicas.every((id, at) => id === others[at]);
}

/** The partitions that get or lose replicas at the moment: of all topics, or of those that are named. */
export function* listPartitionReassignments({ image }: ControllerView, request: ListRequest): Deciding<ListResponse> {
  const { byName } = image.topics;
  const wanted: readonly { readonly name: string; readonly partitionIndexes: readonly number[] | undefined }[] =
    request.topics ?? Array.from(byName.keys(), (name) => ({ name, partitionIndexes: undefined }));
  const topics = yield* mapInParts(wanted, itemsOfTurn, ({ name, partitionIndexes }) => ({
    name,
    partitions: [...(byName.get(name)?.partitions.entries() ?? [])]
      .filter(([index]) => partitionIndexes === undefined || partitionIndexes.includes(index))
      .filter(([, { addingReplicas, removingReplicas }]) => addingReplicas.length + removingReplicas.length > 0)
      .map(([partitionIndex, { replicas, addingReplicas, removingReplicas }]) => ({
        partitionIndex,
        replicas: [...replicas],
        addingReplicas: [...addingReplicas],
        removingReplicas: [...removingReplicas],
      })),
  }));
  const response = { errorCode: Errors.NONE, topics: topics.filter(({ partitions }) => partitions.length > 0) };
  return { records: [], response };
}
