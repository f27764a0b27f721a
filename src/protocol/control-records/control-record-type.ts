import { int16, message, type Infer } from "../schema.ts";

export const controlRecordTypeSchema = message(
  "ControlRecordTypeSchema",
  { versions: "0", flexible: "none" },
  {
    type: int16("0+"),
  },
);
export type ControlRecordTypeSchema = Infer<typeof controlRecordTypeSchema>;
