import { array, bool, float64, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const describeClientQuotasRequest = message(
  "DescribeClientQuotasRequest",
  { versions: "0-1", flexible: "1+", key: 48 },
  {
    components: array(
      "0+",
      struct("ComponentData", {
        entityType: string("0+"),
        matchType: int8("0+"),
        match: string("0+", { nullable: "0+" }),
      }),
    ),
    strict: bool("0+"),
  },
);
export type DescribeClientQuotasRequest = Infer<typeof describeClientQuotasRequest>;

export const describeClientQuotasResponse = message(
  "DescribeClientQuotasResponse",
  { versions: "0-1", flexible: "1+", key: 48 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+" }),
    entries: array(
      "0+",
      struct("EntryData", {
        entity: array(
          "0+",
          struct("EntityData", {
            entityType: string("0+"),
            entityName: string("0+", { nullable: "0+" }),
          }),
        ),
        values: array(
          "0+",
          struct("ValueData", {
            key: string("0+"),
            value: float64("0+"),
          }),
        ),
      }),
      { nullable: "0+" },
    ),
  },
);
export type DescribeClientQuotasResponse = Infer<typeof describeClientQuotasResponse>;
