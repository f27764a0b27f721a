import { array, bool, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const updateFeaturesRequest = message(
  "UpdateFeaturesRequest",
  { versions: "0-2", flexible: "0+", key: 57 },
  {
    timeoutMs: int32("0+", { default: 60000 }),
    featureUpdates: array(
      "0+",
      struct("FeatureUpdateKey", {
        feature: string("0+", { mapKey: true }),
        maxVersionLevel: int16("0+"),
        allowDowngrade: bool("0"),
        upgradeType: int8("1+", { default: 1 }),
      }),
    ),
    validateOnly: bool("1+", { default: false }),
  },
);
export type UpdateFeaturesRequest = Infer<typeof updateFeaturesRequest>;

export const updateFeaturesResponse = message(
  "UpdateFeaturesResponse",
  { versions: "0-2", flexible: "0+", key: 57 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+" }),
    results: array(
      "0-1",
      struct("UpdatableFeatureResult", {
        feature: string("0+", { mapKey: true }),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullable: "0+" }),
      }),
      { ignorable: true },
    ),
  },
);
export type UpdateFeaturesResponse = Infer<typeof updateFeaturesResponse>;
