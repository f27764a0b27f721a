import { int16, int32, message, string, uuid, type Infer } from "../schema.ts";

export const removeRaftVoterRequest = message(
  "RemoveRaftVoterRequest",
  { versions: "0", flexible: "0+", key: 81 },
  {
    clusterId: string("0+", { nullable: "0+" }),
    voterId: int32("0+"),
    voterDirectoryId: uuid("0+"),
  },
);
export type RemoveRaftVoterRequest = Infer<typeof removeRaftVoterRequest>;

export const removeRaftVoterResponse = message(
  "RemoveRaftVoterResponse",
  { versions: "0", flexible: "0+", key: 81 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+", ignorable: true }),
  },
);
export type RemoveRaftVoterResponse = Infer<typeof removeRaftVoterResponse>;
