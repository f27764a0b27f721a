import { int8, message, type Infer } from "../schema.ts";

export const zkMigrationStateRecord = message(
  "ZkMigrationStateRecord",
  { versions: "0", flexible: "0+", key: 21 },
  {
    zkMigrationState: int8("0+"),
  },
);
export type ZkMigrationStateRecord = Infer<typeof zkMigrationStateRecord>;
