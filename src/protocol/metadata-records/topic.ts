import { message, string, uuid, type Infer } from "../schema.ts";

export const topicRecord = message(
  "TopicRecord",
  { versions: "0", flexible: "0+", key: 2 },
  {
    name: string("0+"),
    topicId: uuid("0+"),
  },
);
export type TopicRecord = Infer<typeof topicRecord>;
