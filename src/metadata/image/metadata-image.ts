import { type LeaderEpoch, type Offset, type TimestampMs } from "../../base/brand.ts";
import { emptyClientQuotas, type ClientQuotasImage } from "./client-quotas-image.ts";
import { emptyCluster, type ClusterImage } from "./cluster-image.ts";
import { emptyConfigs, type ConfigsImage } from "./configs-image.ts";
import { emptyFeatures, type FeaturesImage } from "./features-image.ts";
import { emptyProducerIds, type ProducerIdsImage } from "./producer-ids-image.ts";
import {
  emptyAcls,
  emptyDelegationTokens,
  emptyScram,
  type AclsImage,
  type DelegationTokensImage,
  type ScramImage,
} from "./security-images.ts";
import { emptyTopics, type TopicsImage } from "./topics-image.ts";

/** How far into the metadata log an image reaches. */
export interface MetadataProvenance {
  /** Offset of the last record in the image; -1 when it is empty. */
  readonly lastContainedOffset: Offset;
  readonly lastContainedEpoch: LeaderEpoch;
  readonly lastContainedLogTimeMs: TimestampMs;
  /** The image ends where a batch ends: only such an image may become a snapshot. */
  readonly isOffsetBatchAligned: boolean;
}

export const emptyProvenance: MetadataProvenance = {
  lastContainedOffset: -1,
  lastContainedEpoch: -1,
  lastContainedLogTimeMs: -1,
  isOffsetBatchAligned: true,
};

/** All metadata of the cluster as of one offset. Immutable: a handler takes it once and sees one consistent state. */
export interface MetadataImage {
  readonly provenance: MetadataProvenance;
  readonly features: FeaturesImage;
  readonly cluster: ClusterImage;
  readonly topics: TopicsImage;
  readonly configs: ConfigsImage;
  readonly clientQuotas: ClientQuotasImage;
  readonly producerIds: ProducerIdsImage;
  readonly acls: AclsImage;
  readonly scram: ScramImage;
  readonly delegationTokens: DelegationTokensImage;
}

export const emptyImage: MetadataImage = {
  provenance: emptyProvenance,
  features: emptyFeatures,
  cluster: emptyCluster,
  topics: emptyTopics,
  configs: emptyConfigs,
  clientQuotas: emptyClientQuotas,
  producerIds: emptyProducerIds,
  acls: emptyAcls,
  scram: emptyScram,
  delegationTokens: emptyDelegationTokens,
};
