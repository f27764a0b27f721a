import { message, string, type Infer } from "../schema.ts";

export const abortTransactionRecord = message(
  "AbortTransactionRecord",
  { versions: "0", flexible: "0+", key: 25 },
  {
    reason: string("0+", { nullable: "0+", tagged: "0+", tag: 0, default: null }),
  },
);
export type AbortTransactionRecord = Infer<typeof abortTransactionRecord>;
