import { array, bool, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const describeClusterRequest = message(
  "DescribeClusterRequest",
  { versions: "0-2", flexible: "0+", key: 60 },
  {
    includeClusterAuthorizedOperations: bool("0+"),
    endpointType: int8("1+", { default: 1 }),
    includeFencedBrokers: bool("2+"),
  },
);
export type DescribeClusterRequest = Infer<typeof describeClusterRequest>;

export const describeClusterResponse = message(
  "DescribeClusterResponse",
  { versions: "0-2", flexible: "0+", key: 60 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+", default: null }),
    endpointType: int8("1+", { default: 1 }),
    clusterId: string("0+"),
    controllerId: int32("0+", { default: -1 }),
    brokers: array(
      "0+",
      struct("DescribeClusterBroker", {
        brokerId: int32("0+", { mapKey: true }),
        host: string("0+"),
        port: int32("0+"),
        rack: string("0+", { nullable: "0+", default: null }),
        isFenced: bool("2+"),
      }),
    ),
    clusterAuthorizedOperations: int32("0+", { default: -2147483648 }),
  },
);
export type DescribeClusterResponse = Infer<typeof describeClusterResponse>;
