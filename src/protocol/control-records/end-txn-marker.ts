import { int32, message, type Infer } from "../schema.ts";

export const endTxnMarker = message(
  "EndTxnMarker",
  { versions: "0", flexible: "none" },
  {
    coordinatorEpoch: int32("0+"),
  },
);
export type EndTxnMarker = Infer<typeof endTxnMarker>;
