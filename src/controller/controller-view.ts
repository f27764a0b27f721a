import { type NodeId, type Offset, type Uuid } from "../base/brand.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { type Random } from "../io/ports.ts";
import { eligibleLeaderReplicasFeature } from "../metadata/features/feature-names.ts";
import { metadataVersionMin } from "../metadata/features/metadata-version.ts";
import { type MetadataImage } from "../metadata/image/metadata-image.ts";
import { type BrokerSessions } from "./broker-sessions.ts";
import { type EffectiveConfig } from "./effective-config.ts";

/** What does not change while the controller runs. */
export interface ControllerSettings {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** The static configuration of this node. */
  readonly config: BrokerConfig;
  /**
   * The incarnation of the broker in this very process. Every other registration of its id is of a process that has ended, for
   * the log directories can be open in one process alone.
   */
  readonly localIncarnationId: Uuid | undefined;
}

/** What an operation may look at. Operations change nothing; the records that they return do. */
export interface ControllerView {
  readonly settings: ControllerSettings;
  /** The metadata with everything that was appended, also what is not committed yet. */
  readonly image: MetadataImage;
  /** Offset of the first record that the operation writes. */
  readonly nextOffset: Offset;
  readonly sessions: BrokerSessions;
  readonly effectiveConfig: EffectiveConfig;
  readonly random: Random;
  /** Monotonic. */
  readonly nowMs: number;
}

export function metadataVersionOf(image: MetadataImage): number {
  return image.features.metadataVersion ?? metadataVersionMin;
}

/** KIP-966 is on. */
export function hasEligibleLeaderReplicas(image: MetadataImage): boolean {
  return (image.features.finalizedLevels.get(eligibleLeaderReplicasFeature) ?? 0) > 0;
}
