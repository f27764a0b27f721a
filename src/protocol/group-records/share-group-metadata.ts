import { int32, int64, message, string, type Infer } from "../schema.ts";

export const shareGroupMetadataKey = message(
  "ShareGroupMetadataKey",
  { versions: "0", flexible: "none", key: 11 },
  {
    groupId: string("0"),
  },
);
export type ShareGroupMetadataKey = Infer<typeof shareGroupMetadataKey>;

export const shareGroupMetadataValue = message(
  "ShareGroupMetadataValue",
  { versions: "0", flexible: "0+", key: 11 },
  {
    epoch: int32("0+"),
    metadataHash: int64("0+"),
  },
);
export type ShareGroupMetadataValue = Infer<typeof shareGroupMetadataValue>;
