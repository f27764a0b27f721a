import { type Uuid } from "../base/brand.ts";

/** Directory ids that name no directory (KIP-858). */
export const directoryIds = {
  /** The broker has not said yet where the replica is. */
  unassigned: "AAAAAAAAAAAAAAAAAAAAAA" as Uuid,
  /** The replica is in a directory that has failed. */
  lost: "AAAAAAAAAAAAAAAAAAAAAQ" as Uuid,
  /** From before directories were tracked: whichever directory holds it. */
  migrating: "AAAAAAAAAAAAAAAAAAAAAg" as Uuid,
} as const;

/** Ids up to 99 are set aside, as in Kafka. */
export function isReservedDirectoryId(id: Uuid): boolean {
  const bytes = Buffer.from(id, "base64url");
  return bytes.subarray(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) < 100;
}

/** The partition that holds the metadata, and the name of its directory. */
export const metadataTopicName = "__cluster_metadata";
export const metadataLogDirName = "__cluster_metadata-0";
