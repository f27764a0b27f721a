import { int16, message, string, type Infer } from "../schema.ts";

export const featureLevelRecord = message(
  "FeatureLevelRecord",
  { versions: "0", flexible: "0+", key: 12 },
  {
    name: string("0+"),
    featureLevel: int16("0+"),
  },
);
export type FeatureLevelRecord = Infer<typeof featureLevelRecord>;
