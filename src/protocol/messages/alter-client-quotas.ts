import { array, bool, float64, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const alterClientQuotasRequest = message(
  "AlterClientQuotasRequest",
  { versions: "0-1", flexible: "1+", key: 49 },
  {
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
        ops: array(
          "0+",
          struct("OpData", {
            key: string("0+"),
            value: float64("0+"),
            remove: bool("0+"),
          }),
        ),
      }),
    ),
    validateOnly: bool("0+"),
  },
);
export type AlterClientQuotasRequest = Infer<typeof alterClientQuotasRequest>;

export const alterClientQuotasResponse = message(
  "AlterClientQuotasResponse",
  { versions: "0-1", flexible: "1+", key: 49 },
  {
    throttleTimeMs: int32("0+"),
    entries: array(
      "0+",
      struct("EntryData", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullable: "0+" }),
        entity: array(
          "0+",
          struct("EntityData", {
            entityType: string("0+"),
            entityName: string("0+", { nullable: "0+" }),
          }),
        ),
      }),
    ),
  },
);
export type AlterClientQuotasResponse = Infer<typeof alterClientQuotasResponse>;
