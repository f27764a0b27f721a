import { type NodeId, type Uuid } from "../../base/brand.ts";
import { PersistentMap } from "../../base/persistent-map.ts";

export interface RegisteredEndpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number;
}

export interface SupportedFeature {
  readonly name: string;
  readonly minSupportedVersion: number;
  readonly maxSupportedVersion: number;
}

export interface BrokerRegistration {
  readonly id: NodeId;
  /** Offset of the record that registered it; a restarted broker gets a new one, which fences its older requests. */
  readonly epoch: number;
  readonly incarnationId: Uuid;
  readonly endpoints: readonly RegisteredEndpoint[];
  readonly features: readonly SupportedFeature[];
  readonly rack: string | null;
  /** A fenced broker is in no ISR and is not shown to clients. */
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly isMigratingZkBroker: boolean;
  readonly directories: readonly Uuid[];
  /** null until the broker has reported them. */
  readonly cordonedDirectories: readonly Uuid[] | null;
}

export interface ControllerRegistration {
  readonly id: NodeId;
  readonly incarnationId: Uuid;
  readonly zkMigrationReady: boolean;
  readonly endpoints: readonly RegisteredEndpoint[];
  readonly features: readonly SupportedFeature[];
}

export interface ClusterImage {
  readonly brokers: PersistentMap<NodeId, BrokerRegistration>;
  readonly controllers: PersistentMap<NodeId, ControllerRegistration>;
}

export const emptyCluster: ClusterImage = { brokers: PersistentMap.empty(), controllers: PersistentMap.empty() };

/** The endpoint on which a registered node serves `listenerName`. */
export function endpointOf(
  registration: BrokerRegistration | ControllerRegistration,
  listenerName: string,
): RegisteredEndpoint | undefined {
  return registration.endpoints.find((endpoint) => endpoint.name === listenerName);
}
