import { type Disk } from "../../io/ports.ts";
import { batches } from "../../protocol/records/batches.ts";
import { CorruptRecordError } from "../../protocol/records/errors.ts";
import { payloadOf, recordsOf } from "../../protocol/records/record-iterator.ts";
import { SnapshotBatches } from "../../protocol/records/snapshot-batches.ts";
import { kraftVersionFeature, metadataVersionFeature } from "../features/feature-names.ts";
import { metadataVersionMax } from "../features/metadata-version.ts";
import { type MetadataRecord, type MetadataRecordDraft } from "../metadata-record.ts";
import { decodeMetadataRecord, encodeMetadataRecord } from "../record-serde.ts";

export const bootstrapFileName = "bootstrap.checkpoint";

/** The records with which the first controller of a new cluster fills the empty log. */
export interface BootstrapMetadata {
  readonly records: readonly MetadataRecordDraft[];
  readonly metadataVersion: number;
  /** Where they come from, for the log. */
  readonly source: string;
}

/** Feature level records: metadata.version first, the others by name; level 0 needs no record, kraft.version has none. */
export function bootstrapFeatureRecords(levels: ReadonlyMap<string, number>): MetadataRecordDraft[] {
  const others = [...levels.keys()]
    .filter((name) => name !== metadataVersionFeature && name !== kraftVersionFeature && (levels.get(name) ?? 0) > 0)
    .sort();
  return [metadataVersionFeature, ...others].map((name) => ({
    type: "featureLevel",
    version: 0,
    data: { name, featureLevel: levels.get(name) ?? 0 },
  }));
}

/** The last level that the records give a feature; 0 when they do not mention it. */
export function bootstrapFeatureLevel(records: readonly MetadataRecordDraft[], name: string): number {
  let level = 0;
  for (const record of records) {
    if (record.type === "featureLevel" && record.data.name === name) level = record.data.featureLevel ?? 0;
  }
  return level;
}

/** The bytes of `bootstrap.checkpoint`: a snapshot of offset 0 without a quorum. */
export function encodeBootstrap(records: readonly MetadataRecordDraft[], nowMs: number): Buffer {
  const snapshot = new SnapshotBatches(0, nowMs);
  return Buffer.concat([snapshot.header(0), snapshot.data(records.map(encodeMetadataRecord)), snapshot.footer()]);
}

/** @throws CorruptRecordError when the file is torn, Error when it does not set metadata.version */
export function decodeBootstrap(bytes: Buffer, source: string): BootstrapMetadata {
  const records: MetadataRecord[] = [];
  let end = 0;
  for (const batch of batches(bytes)) {
    if (!batch.isValidCrc()) throw new CorruptRecordError(`wrong CRC in ${source}`);
    end = batch.end;
    if (batch.isControl) continue;
    for (const { value } of recordsOf(batch, payloadOf(batch))) {
      if (value !== null) records.push(decodeMetadataRecord(value));
    }
  }
  if (end !== bytes.length) throw new CorruptRecordError(`${source} ends within a batch`);
  const metadataVersion = bootstrapFeatureLevel(records, metadataVersionFeature);
  if (metadataVersion === 0) {
    throw new Error(
      `No FeatureLevelRecord for ${metadataVersionFeature} was found in the bootstrap metadata from ${source}`,
    );
  }
  return { records, metadataVersion, source };
}

/** Reads `bootstrap.checkpoint`; a directory without it starts a cluster of the latest metadata.version. */
export function readBootstrap(dir: string, disk: Disk): BootstrapMetadata {
  const path = `${dir}/${bootstrapFileName}`;
  if (disk.exists(path)) return decodeBootstrap(disk.readFile(path), `the binary bootstrap metadata file: ${path}`);
  const levels = new Map([[metadataVersionFeature, metadataVersionMax]]);
  return {
    records: bootstrapFeatureRecords(levels),
    metadataVersion: metadataVersionMax,
    source: "the default bootstrap",
  };
}
