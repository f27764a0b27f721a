import { metadataVersionFeature } from "../features/feature-names.ts";
import { type MetadataRecordDraft } from "../metadata-record.ts";
import { bootstrapFeatureLevel } from "./bootstrap.ts";

/** The records as Kafka's `format` prints them: `BootstrapMetadata(records=[…], metadataVersionLevel=30, source=…)`. */
export function describeBootstrap(records: readonly MetadataRecordDraft[], source: string): string {
  const described = records.map(
    (record) => `ApiMessageAndVersion(${describeRecord(record)} at version ${record.version})`,
  );
  const level = bootstrapFeatureLevel(records, metadataVersionFeature);
  return `BootstrapMetadata(records=[${described.join(", ")}], metadataVersionLevel=${level}, source=${source})`;
}

function describeRecord(record: MetadataRecordDraft): string {
  if (record.type === "featureLevel") {
    return `FeatureLevelRecord(name='${record.data.name}', featureLevel=${record.data.featureLevel})`;
  }
  if (record.type === "userScramCredential") {
    const { name, mechanism, salt, storedKey, serverKey, iterations } = record.data;
    return `UserScramCredentialRecord(name='${name}', mechanism=${mechanism}, salt=${javaBytes(salt)}, storedKey=${javaBytes(storedKey)}, serverKey=${javaBytes(serverKey)}, iterations=${iterations})`;
  }
  return record.type;
}

/** As `Arrays.toString` of signed bytes. */
function javaBytes(bytes: Buffer | undefined): string {
  return `[${[...new Int8Array(bytes ?? [])].join(", ")}]`;
}
