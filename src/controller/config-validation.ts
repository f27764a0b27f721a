import { topicNameProblem } from "../base/topic-name.ts";
import { clientMetricsProblem } from "../config/client-metrics-config.ts";
import { groupConfigsProblem } from "../config/group-config.ts";
import { topicConfigsProblem } from "../config/topic-config.ts";
import { configResourceTypes } from "../metadata/image/configs-image.ts";
import { Errors } from "../protocol/errors.ts";
import { ApiError } from "./api-error.ts";
import { type ControllerView } from "./controller-view.ts";

export interface ConfigResource {
  readonly type: number;
  readonly name: string;
  /** Is being created by the same request. */
  readonly isNew: boolean;
}

/** Checks all overrides that a resource would have. Broker keys are checked by the broker that they are meant for. */
export function configsProblem(
  view: ControllerView,
  resource: ConfigResource,
  overrides: ReadonlyMap<string, string>,
): ApiError | undefined {
  return valuesProblem(view, resource, overrides) ?? (resource.isNew ? undefined : existenceProblem(view, resource));
}

function valuesProblem(
  view: ControllerView,
  { type, name }: ConfigResource,
  overrides: ReadonlyMap<string, string>,
): ApiError | undefined {
  switch (type) {
    case configResourceTypes.topic: {
      if (name === "") return invalidRequest("Default topic resources are not allowed.");
      const invalidName = topicNameProblem(name);
      if (invalidName !== undefined) return new ApiError(Errors.INVALID_TOPIC_EXCEPTION, invalidName);
      return invalidConfig(topicConfigsProblem(overrides, view.effectiveConfig.broker(view.image)));
    }
    case configResourceTypes.broker:
      if (name === "") return undefined;
      if (!/^[+-]?\d+$/.test(name)) return invalidRequest("Unable to parse broker name as a base 10 number.");
      return Number(name) < 0 ? invalidRequest("Invalid negative broker ID.") : undefined;
    case configResourceTypes.clientMetrics: {
      const problem = clientMetricsProblem(name, overrides);
      return problem?.kind === "invalid request" ? invalidRequest(problem.message) : invalidConfig(problem?.message);
    }
    case configResourceTypes.group:
      if (name === "") return invalidRequest("Default group resources are not allowed.");
      return invalidConfig(groupConfigsProblem(overrides, view.effectiveConfig.broker(view.image)));
    default:
      return invalidRequest(`Unknown resource type ${type}`);
  }
}

function existenceProblem({ image }: ControllerView, { type, name }: ConfigResource): ApiError | undefined {
  if (type === configResourceTypes.topic && !image.topics.byName.has(name)) {
    return new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`);
  }
  if (type === configResourceTypes.broker && name !== "") {
    const id = Number(name);
    if (!image.cluster.brokers.has(id) && !image.cluster.controllers.has(id)) {
      return new ApiError(Errors.BROKER_ID_NOT_REGISTERED, `No node with id ${id} found.`);
    }
  }
  return undefined;
}

function invalidRequest(message: string): ApiError {
  return new ApiError(Errors.INVALID_REQUEST, message);
}

function invalidConfig(message: string | undefined): ApiError | undefined {
  return message === undefined ? undefined : new ApiError(Errors.INVALID_CONFIG, message);
}
