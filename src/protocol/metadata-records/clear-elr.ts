import { message, string, type Infer } from "../schema.ts";

export const clearElrRecord = message(
  "ClearElrRecord",
  { versions: "0", flexible: "0+", key: 28 },
  {
    topicName: string("0+"),
  },
);
export type ClearElrRecord = Infer<typeof clearElrRecord>;
