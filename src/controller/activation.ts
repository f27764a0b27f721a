import { type Offset } from "../base/brand.ts";
import { eligibleLeaderReplicasFeature } from "../metadata/features/feature-names.ts";
import { metadataVersionWith } from "../metadata/features/metadata-version.ts";
import { configResourceTypes } from "../metadata/image/configs-image.ts";
import { type MetadataImage } from "../metadata/image/metadata-image.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { bootstrapFeatureLevel, type BootstrapMetadata } from "../metadata/storage/bootstrap.ts";

/**
 * What a controller writes first. An empty log gets the bootstrap records, in a transaction; a transaction that an earlier
 * controller left open is given up.
 */
export function activationRecords(
  image: MetadataImage,
  transactionStartOffset: Offset,
  bootstrap: BootstrapMetadata,
  minInsyncReplicas: number,
): MetadataRecordDraft[] {
  const records: MetadataRecordDraft[] = [];
  if (transactionStartOffset >= 0) {
    records.push({ type: "abortTransaction", version: 0, data: { reason: "Controller failover" } });
  }
  if (image.features.metadataVersion !== undefined) return records;
  const inTransaction = bootstrap.metadataVersion >= metadataVersionWith.transactions;
  if (inTransaction) records.push({ type: "beginTransaction", version: 0, data: { name: "Bootstrap records" } });
  records.push(...bootstrap.records);
  if (bootstrapFeatureLevel(bootstrap.records, eligibleLeaderReplicasFeature) > 0) {
    // Eligibility depends on one value that all brokers share, so it moves from their files into the metadata.
    const data = {
      resourceType: configResourceTypes.broker,
      resourceName: "",
      name: "min.insync.replicas",
      value: String(minInsyncReplicas),
    };
    records.push({ type: "config", version: 0, data });
  }
  if (inTransaction) records.push({ type: "endTransaction", version: 0, data: {} });
  return records;
}
