import { type NodeId } from "../../base/brand.ts";
import { endpointOf } from "../../metadata/image/cluster-image.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { allClusterOperations, operationsNotAsked } from "../authorized-operations.ts";
import { type Handler } from "../handler.ts";
import { anyAliveBroker, nodesOf, type MetadataCache } from "../metadata-cache.ts";

export interface DescribeClusterDeps {
  readonly cache: MetadataCache;
  readonly clusterId: string;
  /** The active controller as this node knows it, -1 when it knows none. */
  readonly activeController: () => NodeId;
  /** A random number in [0, 1). */
  readonly draw: () => number;
}

type Response = Draft<ApiResponse<"describeCluster">>;
type Node = NonNullable<Response["brokers"]>[number];

const endpointTypes: { readonly [id: number]: string } = { 1: "BROKER", 2: "CONTROLLER" };

/**
 * The nodes of the cluster as clients of this listener reach them.
 *
 * - v1: the client says whether it takes this for a broker or a controller (KIP-919): UNSUPPORTED_ENDPOINT_TYPE for
 *   anything else, MISMATCHED_ENDPOINT_TYPE when it is wrong (INVALID_REQUEST for both in v0).
 * - v2: fenced brokers on request.
 * - A broker names any broker as the controller, a controller the real one; -1 when that is not among the nodes.
 */
export function describeClusterHandler(deps: DescribeClusterDeps): Handler<"describeCluster"> {
  return {
    api: "describeCluster",
    handle(request, { apiVersion, connection, listenerName }) {
      const expected = connection.scope === "controller" ? 2 : 1;
      const asked = endpointTypes[request.endpointType];
      if (asked === undefined) {
        const errorMessage = `Unsupported endpoint type ${request.endpointType}`;
        return {
          errorCode: apiVersion === 0 ? Errors.INVALID_REQUEST : Errors.UNSUPPORTED_ENDPOINT_TYPE,
          errorMessage,
        };
      }
      if (request.endpointType !== expected) {
        const errorMessage = `The request was sent to an endpoint of type ${endpointTypes[expected]}, but we wanted an endpoint of type ${asked}`;
        return { errorCode: apiVersion === 0 ? Errors.INVALID_REQUEST : Errors.MISMATCHED_ENDPOINT_TYPE, errorMessage };
      }
      const image = deps.cache.image;
      const brokers =
        expected === 2
          ? controllersOf(image, listenerName)
          : brokersOf(image, listenerName, request.includeFencedBrokers);
      const controllerId = expected === 2 ? deps.activeController() : anyAliveBroker(image, deps.draw());
      return {
        endpointType: expected,
        clusterId: deps.clusterId,
        controllerId: brokers.some(({ brokerId }) => brokerId === controllerId) ? controllerId : -1,
        brokers,
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
          ? allClusterOperations
          : operationsNotAsked,
      };
    },
  };
}

function brokersOf(image: MetadataImage, listenerName: string, includeFenced: boolean): Node[] {
  return nodesOf(image, listenerName)
    .filter(({ fenced }) => includeFenced || !fenced)
    .map(({ id, host, port, rack, fenced }) => ({ brokerId: id, host, port, rack, isFenced: fenced }));
}

function controllersOf(image: MetadataImage, listenerName: string): Node[] {
  return [...image.cluster.controllers.values()].flatMap((registration) => {
    const endpoint = endpointOf(registration, listenerName);
    return endpoint === undefined ? [] : [{ brokerId: registration.id, host: endpoint.host, port: endpoint.port }];
  });
}
