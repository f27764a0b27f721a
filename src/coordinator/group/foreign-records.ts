export type ForeignGroupType = "consumer" | "share" | "streams";

/** What a record type of the newer group protocols belongs to, and whether each such record stands for a member. */
export interface ForeignType {
  readonly groupType: ForeignGroupType;
  readonly isMember: boolean;
}

const consumer: ForeignType = { groupType: "consumer", isMember: false };
const share: ForeignType = { groupType: "share", isMember: false };
const streams: ForeignType = { groupType: "streams", isMember: false };

/** The types that Kafka 4.3 writes, beside offset commits and classic groups. Kafka itself passes over 9 and 18. */
const byType: { readonly [type: number]: ForeignType } = {
  3: consumer,
  4: consumer,
  5: { groupType: "consumer", isMember: true },
  6: consumer,
  7: consumer,
  8: consumer,
  10: { groupType: "share", isMember: true },
  11: share,
  12: share,
  13: share,
  14: share,
  15: share,
  16: consumer,
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
