import { int32, int64, message, string, type Infer } from "../schema.ts";

export const consumerGroupMetadataKey = message(
  "ConsumerGroupMetadataKey",
  { versions: "0", flexible: "none", key: 3 },
  {
    groupId: string("0"),
  },
);
export type ConsumerGroupMetadataKey = Infer<typeof consumerGroupMetadataKey>;

export const consumerGroupMetadataValue = message(
  "ConsumerGroupMetadataValue",
  { versions: "0", flexible: "0+", key: 3 },
  {
    epoch: int32("0+"),
    metadataHash: int64("0+", { tagged: "0+", tag: 0, default: 0 }),
  },
);
export type ConsumerGroupMetadataValue = Infer<typeof consumerGroupMetadataValue>;
