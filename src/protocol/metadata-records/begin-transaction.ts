import { message, string, type Infer } from "../schema.ts";

export const beginTransactionRecord = message(
  "BeginTransactionRecord",
  { versions: "0", flexible: "0+", key: 23 },
  {
    name: string("0+", { nullable: "0+", tagged: "0+", tag: 0, default: null }),
  },
);
export type BeginTransactionRecord = Infer<typeof beginTransactionRecord>;
