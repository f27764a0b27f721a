import { type Controller } from "../../controller/controller.ts";
import { configResourceTypes } from "../../metadata/image/configs-image.ts";
import { type ApiRequest } from "../../protocol/apis.ts";
import {
  brokerFailure,
  isControllersType,
  malformedResource,
  otherBroker,
  repeatedResources,
  unknownType,
  type AlterConfigsDeps,
} from "../config-changes.ts";
import { inOrderAsked } from "../altered-resources.ts";
import { type ConfigFailure } from "../config-failure.ts";
import { type Handler } from "../handler.ts";

export interface LegacyAlterConfigsDeps extends AlterConfigsDeps {
  readonly controller: Pick<Controller, "alterConfigs">;
}

type Resource = ApiRequest<"alterConfigs">["resources"][number];

/**
 * The old form of altering configurations: what is given replaces all overrides of the resource. Brokers, topics, groups
 * and client metrics subscriptions; this broker checks what is its own, the controller the rest.
 */
export function alterConfigsHandler(deps: LegacyAlterConfigsDeps): Handler<"alterConfigs"> {
  return {
    api: "alterConfigs",
    async handle(request) {
      const failures = repeatedResources(request.resources);
      for (const resource of request.resources) {
        if (failures.has(resource)) continue;
        const failure = failureOf(resource, deps);
        if (failure !== undefined) failures.set(resource, failure);
      }
      const rest = request.resources.filter((resource) => !failures.has(resource));
      const answer = rest.length === 0 ? {} : await deps.controller.alterConfigs({ ...request, resources: rest });
      return { responses: inOrderAsked(request.resources, failures, answer.responses ?? []) };
    },
  };
}

function failureOf(resource: Resource, deps: AlterConfigsDeps): ConfigFailure | undefined {
  const malformed = malformedResource(resource, () => false);
  if (malformed !== undefined) return malformed;
  const { resourceType, resourceName } = resource;
  if (resourceType !== configResourceTypes.broker) {
    return isControllersType(resourceType) ? undefined : unknownType(resourceType);
  }
  const values = new Map(resource.configs.map(({ name, value }) => [name, value ?? ""]));
  return otherBroker(deps, resourceName) ?? brokerFailure(deps, resourceName, values);
}
