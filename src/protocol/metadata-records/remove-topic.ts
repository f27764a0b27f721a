import { message, uuid, type Infer } from "../schema.ts";

export const removeTopicRecord = message(
  "RemoveTopicRecord",
  { versions: "0", flexible: "0+", key: 9 },
  {
    topicId: uuid("0+"),
  },
);
export type RemoveTopicRecord = Infer<typeof removeTopicRecord>;
