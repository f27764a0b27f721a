import { type Controller } from "../../controller/controller.ts";
import { configResourceTypes } from "../../metadata/image/configs-image.ts";
import { type ApiRequest } from "../../protocol/apis.ts";
import {
  alterOperations,
  brokerFailure,
  changedBrokerConfig,
  isControllersType,
  malformedResource,
  otherBroker,
  repeatedResources,
  unknownType,
  type AlterConfigsDeps,
} from "../config-changes.ts";
import { inOrderAsked } from "../altered-resources.ts";
import { brokerLayers } from "../broker-layers.ts";
import { alterLoggers, type BrokerLoggers } from "../broker-loggers.ts";
import { type ConfigFailure } from "../config-failure.ts";
import { type Handler } from "../handler.ts";

export interface IncrementalAlterConfigsDeps extends AlterConfigsDeps {
  readonly controller: Pick<Controller, "incrementalAlterConfigs">;
  readonly loggers: BrokerLoggers;
}

type Resource = ApiRequest<"incrementalAlterConfigs">["resources"][number];

/**
 * Alters single configurations of topics, brokers, groups, client metrics subscriptions and this broker's loggers: set or
 * delete a value, append to or subtract from a list. Resources are independent of each other.
 *
 * - `validateOnly` checks and changes nothing.
 * - Levels of loggers are changed here and at once; all else is checked here as far as it is this broker's own, and goes
 *   to the controller.
 */
export function incrementalAlterConfigsHandler(deps: IncrementalAlterConfigsDeps): Handler<"incrementalAlterConfigs"> {
  return {
    api: "incrementalAlterConfigs",
    async handle(request) {
      const settled = new Map<Resource, ConfigFailure | undefined>(repeatedResources(request.resources));
      for (const resource of request.resources) {
        if (settled.has(resource)) continue;
        const failure = failureOf(resource, deps);
        if (failure !== undefined) settled.set(resource, failure);
        else if (resource.resourceType === configResourceTypes.brokerLogger) {
          const { resourceName, configs } = resource;
          const { loggers, config } = deps;
          settled.set(resource, alterLoggers(loggers, config.nodeId, resourceName, configs, request.validateOnly));
        }
      }
      const rest = request.resources.filter((resource) => !settled.has(resource));
      const answer =
        rest.length === 0 ? {} : await deps.controller.incrementalAlterConfigs({ ...request, resources: rest });
      return { responses: inOrderAsked(request.resources, settled, answer.responses ?? []) };
    },
  };
}

function failureOf(resource: Resource, deps: AlterConfigsDeps): ConfigFailure | undefined {
  const { resourceType, resourceName, configs } = resource;
  const malformed = malformedResource(resource, (index) => configs[index]!.configOperation === alterOperations.delete);
  if (malformed !== undefined) return malformed;
  if (resourceType === configResourceTypes.brokerLogger || isControllersType(resourceType)) return undefined;
  if (resourceType !== configResourceTypes.broker) return unknownType(resourceType);
  const other = otherBroker(deps, resourceName);
  if (other !== undefined) return other;
  const layers = brokerLayers(deps.cache.image, deps.config);
  const after = changedBrokerConfig(resourceName === "" ? layers.dynamicDefault : layers.dynamic, configs);
  return "errorCode" in after ? after : brokerFailure(deps, resourceName, after);
}
