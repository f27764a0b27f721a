import { array, int16, int32, message, nested, string, struct, uint16, uuid, type Infer } from "../schema.ts";

export const updateRaftVoterRequest = message(
  "UpdateRaftVoterRequest",
  { versions: "0", flexible: "0+", key: 82 },
  {
    clusterId: string("0+", { nullable: "0+" }),
    currentLeaderEpoch: int32("0+"),
    voterId: int32("0+"),
    voterDirectoryId: uuid("0+"),
    listeners: array(
      "0+",
      struct("Listener", {
        name: string("0+", { mapKey: true }),
        host: string("0+"),
        port: uint16("0+"),
      }),
    ),
    kRaftVersionFeature: nested(
      "0+",
      struct("KRaftVersionFeature", {
        minSupportedVersion: int16("0+"),
        maxSupportedVersion: int16("0+"),
      }),
    ),
  },
);
export type UpdateRaftVoterRequest = Infer<typeof updateRaftVoterRequest>;

export const updateRaftVoterResponse = message(
  "UpdateRaftVoterResponse",
  { versions: "0", flexible: "0+", key: 82 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    currentLeader: nested(
      "0+",
      struct("CurrentLeader", {
        leaderId: int32("0+", { default: -1 }),
        leaderEpoch: int32("0+", { default: -1 }),
        host: string("0+"),
        port: int32("0+"),
      }),
      { tagged: "0+", tag: 0 },
    ),
  },
);
export type UpdateRaftVoterResponse = Infer<typeof updateRaftVoterResponse>;
