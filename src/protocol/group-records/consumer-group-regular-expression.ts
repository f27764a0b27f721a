import { array, int64, message, string, type Infer } from "../schema.ts";

export const consumerGroupRegularExpressionKey = message(
  "ConsumerGroupRegularExpressionKey",
  { versions: "0", flexible: "none", key: 16 },
  {
    groupId: string("0"),
    regularExpression: string("0"),
  },
);
export type ConsumerGroupRegularExpressionKey = Infer<typeof consumerGroupRegularExpressionKey>;

export const consumerGroupRegularExpressionValue = message(
  "ConsumerGroupRegularExpressionValue",
  { versions: "0", flexible: "0+", key: 16 },
  {
    topics: array("0+", "string"),
    version: int64("0+"),
    timestamp: int64("0+"),
  },
);
export type ConsumerGroupRegularExpressionValue = Infer<typeof consumerGroupRegularExpressionValue>;
