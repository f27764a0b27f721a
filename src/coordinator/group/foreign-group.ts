import { type ForeignGroupType } from "./foreign-records.ts";

/**
 * A group of a protocol that is not served yet, found in a log that Kafka wrote. Its records are remembered by key, so that
 * the group can be listed, expire and be deleted. It can have no live member here.
 */
export interface ForeignGroup {
  readonly type: ForeignGroupType;
  readonly groupId: string;
  /** The keys of its records, each by its own bytes; true for those that stand for a member. */
  readonly keys: ReadonlyMap<string, boolean>;
}

export function memberCountOf(group: ForeignGroup): number {
  let count = 0;
  for (const isMember of group.keys.values()) if (isMember) count++;
  return count;
}
