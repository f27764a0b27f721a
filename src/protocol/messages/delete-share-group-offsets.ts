import { array, int16, int32, message, string, struct, uuid, type Infer } from "../schema.ts";

export const deleteShareGroupOffsetsRequest = message(
  "DeleteShareGroupOffsetsRequest",
  { versions: "0", flexible: "0+", key: 92 },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("DeleteShareGroupOffsetsRequestTopic", {
        topicName: string("0+"),
      }),
    ),
  },
);
export type DeleteShareGroupOffsetsRequest = Infer<typeof deleteShareGroupOffsetsRequest>;

export const deleteShareGroupOffsetsResponse = message(
  "DeleteShareGroupOffsetsResponse",
  { versions: "0", flexible: "0+", key: 92 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+", default: null }),
    responses: array(
      "0+",
      struct("DeleteShareGroupOffsetsResponseTopic", {
        topicName: string("0+"),
        topicId: uuid("0+"),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullable: "0+", default: null }),
      }),
    ),
  },
);
export type DeleteShareGroupOffsetsResponse = Infer<typeof deleteShareGroupOffsetsResponse>;
