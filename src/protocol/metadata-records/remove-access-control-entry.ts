import { message, uuid, type Infer } from "../schema.ts";

export const removeAccessControlEntryRecord = message(
  "RemoveAccessControlEntryRecord",
  { versions: "0", flexible: "0+", key: 19 },
  {
    id: uuid("0+"),
  },
);
export type RemoveAccessControlEntryRecord = Infer<typeof removeAccessControlEntryRecord>;
