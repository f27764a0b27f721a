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

/** The topic id of the metadata log itself. */
export const metadataTopicId: Uuid = "AAAAAAAAAAAAAAAAAAAAAQ";
export const metadataTopicName = "__cluster_metadata";
