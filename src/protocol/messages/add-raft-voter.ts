import { array, bool, int16, int32, message, string, struct, uint16, uuid, type Infer } from "../schema.ts";

export const addRaftVoterRequest = message(
  "AddRaftVoterRequest",
  { versions: "0-1", flexible: "0+", key: 80 },
  {
    clusterId: string("0+", { nullable: "0+" }),
    timeoutMs: int32("0+"),
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
    ackWhenCommitted: bool("1+", { default: true }),
  },
);
export type AddRaftVoterRequest = Infer<typeof addRaftVoterRequest>;

export const addRaftVoterResponse = message(
  "AddRaftVoterResponse",
  { versions: "0-1", flexible: "0+", key: 80 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+", ignorable: true }),
  },
);
export type AddRaftVoterResponse = Infer<typeof addRaftVoterResponse>;
