export type ForeignGroupType = "share" | "streams";

/** What a record type of the newer group protocols belongs to, and whether each such record stands for a member. */
export interface ForeignType {
  readonly groupType: ForeignGroupType;
  readonly isMember: boolean;
}

const share: ForeignType = { groupType: "share", isMember: false };
const streams: ForeignType = { groupType: "streams", isMember: false };

/** The types that Kafka 4.3 writes, beside those of offset commits, classic and consumer groups. It passes over 9 and 18. */
const byType: { readonly [type: number]: ForeignType } = {
  10: { groupType: "share", isMember: true },
  11: share,
  12: share,
  13: share,
  14: share,
  15: share,
  17: streams,
  19: { groupType: "streams", isMember: true },
  20: streams,
  21: streams,
  22: streams,
  23: streams,
};

export function foreignTypeOf(recordType: number): ForeignType | undefined {
  return byType[recordType];
}
