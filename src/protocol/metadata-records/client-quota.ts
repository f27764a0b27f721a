import { array, bool, float64, message, string, struct, type Infer } from "../schema.ts";

export const clientQuotaRecord = message(
  "ClientQuotaRecord",
  { versions: "0", flexible: "0+", key: 14 },
  {
    entity: array(
      "0+",
      struct("EntityData", {
        entityType: string("0+"),
        entityName: string("0+", { nullable: "0+" }),
      }),
    ),
    key: string("0+"),
    value: float64("0+"),
    remove: bool("0+"),
  },
);
export type ClientQuotaRecord = Infer<typeof clientQuotaRecord>;
