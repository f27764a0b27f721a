import { configResourceTypes } from "../../metadata/image/configs-image.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";
import { nodesOf, type MetadataCache } from "../metadata-cache.ts";

const { topic, broker, brokerLogger, clientMetrics, group } = configResourceTypes;
const typesOfVersion1: readonly number[] = [group, clientMetrics, brokerLogger, broker, topic];

/**
 * Names of the things that have a configuration (KIP-1142): all topics and brokers, groups and client metrics
 * subscriptions that were given one.
 *
 * - v0 (ListClientMetricsResources, KIP-714): client metrics subscriptions only.
 * - v1: the types asked for, all when none is; UNSUPPORTED_VERSION for a type that there is not.
 */
export function listConfigResourcesHandler(cache: MetadataCache): Handler<"listConfigResources"> {
  return {
    api: "listConfigResources",
    handle(request, { apiVersion, listenerName }) {
      const supported = apiVersion === 0 ? [clientMetrics] : typesOfVersion1;
      const asked = request.resourceTypes.length === 0 ? supported : request.resourceTypes;
      if (asked.some((type) => !supported.includes(type))) return { errorCode: Errors.UNSUPPORTED_VERSION };
      const image = cache.image;
      return {
        configResources: supported
          .filter((type) => asked.includes(type))
          .flatMap((resourceType) =>
            namesOf(image, resourceType, listenerName).map((resourceName) => ({ resourceName, resourceType })),
          ),
      };
    },
  };
}

function namesOf(image: MetadataImage, type: number, listenerName: string): string[] {
  switch (type) {
    case topic:
      return [...image.topics.byName.keys()];
    case broker:
    case brokerLogger:
      return nodesOf(image, listenerName).map(({ id }) => String(id));
    default:
      return [...image.configs.resources.values()].filter((resource) => resource.type === type).map(({ name }) => name);
  }
}
