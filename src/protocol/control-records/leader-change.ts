import { array, int16, int32, message, struct, uuid, type Infer } from "../schema.ts";

const leaderChangeMessageVoter = struct("Voter", {
  voterId: int32("0+"),
  voterDirectoryId: uuid("1+"),
});

export const leaderChangeMessage = message(
  "LeaderChangeMessage",
  { versions: "0-1", flexible: "0+" },
  {
    version: int16("0+"),
    leaderId: int32("0+"),
    voters: array("0+", leaderChangeMessageVoter),
    grantingVoters: array("0+", leaderChangeMessageVoter),
  },
);
export type LeaderChangeMessage = Infer<typeof leaderChangeMessage>;
