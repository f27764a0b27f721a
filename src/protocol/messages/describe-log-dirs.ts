import { array, bool, int16, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const describeLogDirsRequest = message(
  "DescribeLogDirsRequest",
  { versions: "1-5", flexible: "2+", key: 35 },
  {
    topics: array(
      "0+",
      struct("DescribableLogDirTopic", {
        topic: string("0+", { mapKey: true }),
        partitions: array("0+", "int32"),
      }),
      { nullable: "0+" },
    ),
  },
);
export type DescribeLogDirsRequest = Infer<typeof describeLogDirsRequest>;

export const describeLogDirsResponse = message(
  "DescribeLogDirsResponse",
  { versions: "1-5", flexible: "2+", key: 35 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("3+", { ignorable: true }),
    results: array(
      "0+",
      struct("DescribeLogDirsResult", {
        errorCode: int16("0+"),
        logDir: string("0+"),
        topics: array(
          "0+",
          struct("DescribeLogDirsTopic", {
            name: string("0+"),
            partitions: array(
              "0+",
              struct("DescribeLogDirsPartition", {
                partitionIndex: int32("0+"),
                partitionSize: int64("0+"),
                offsetLag: int64("0+"),
                isFutureKey: bool("0+"),
              }),
            ),
          }),
        ),
        totalBytes: int64("4+", { default: -1, ignorable: true }),
        usableBytes: int64("4+", { default: -1, ignorable: true }),
        isCordoned: bool("5+", { default: false, ignorable: true }),
      }),
    ),
  },
);
export type DescribeLogDirsResponse = Infer<typeof describeLogDirsResponse>;
