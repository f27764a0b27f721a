import { array, int16, int32, message, string, struct, uuid, type Infer } from "../schema.ts";

export const deleteTopicsRequest = message(
  "DeleteTopicsRequest",
  { versions: "1-6", flexible: "4+", key: 20 },
  {
    topics: array(
      "6+",
      struct("DeleteTopicState", {
        name: string("6+", { nullable: "6+", default: null }),
        topicId: uuid("6+"),
      }),
    ),
    topicNames: array("0-5", "string", { ignorable: true }),
    timeoutMs: int32("0+"),
  },
);
export type DeleteTopicsRequest = Infer<typeof deleteTopicsRequest>;

export const deleteTopicsResponse = message(
  "DeleteTopicsResponse",
  { versions: "1-6", flexible: "4+", key: 20 },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    responses: array(
      "0+",
      struct("DeletableTopicResult", {
        name: string("0+", { nullable: "6+", mapKey: true }),
        topicId: uuid("6+", { ignorable: true }),
        errorCode: int16("0+"),
        errorMessage: string("5+", { nullable: "5+", default: null, ignorable: true }),
      }),
    ),
  },
);
export type DeleteTopicsResponse = Infer<typeof deleteTopicsResponse>;
