import { int8, message, string, type Infer } from "../schema.ts";

export const configRecord = message(
  "ConfigRecord",
  { versions: "0", flexible: "0+", key: 4 },
  {
    resourceType: int8("0+"),
    resourceName: string("0+"),
    name: string("0+"),
    value: string("0+", { nullable: "0+" }),
  },
);
export type ConfigRecord = Infer<typeof configRecord>;
