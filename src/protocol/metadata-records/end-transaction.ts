import { message, type Infer } from "../schema.ts";

export const endTransactionRecord = message("EndTransactionRecord", { versions: "0", flexible: "0+", key: 24 }, {});
export type EndTransactionRecord = Infer<typeof endTransactionRecord>;
