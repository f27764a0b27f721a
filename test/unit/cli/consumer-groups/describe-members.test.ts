import { expect, test } from "vitest";
import { type GroupMemberDescription } from "../../../../src/cli/client/admin/group-description.ts";
import { describeMembers } from "../../../../src/cli/consumer-groups/describe-members.ts";
import { RecordingTerminal } from "../../../support/recording-terminal.ts";

const member = (memberId: string, partitions: number[], isUpgraded: boolean): GroupMemberDescription => {
  const assignment = partitions.map((partition) => ({ topic: "a", partition }));
  const common = { instanceId: null, clientId: "console-consumer", host: "/127.0.0.1", epoch: 3 };
  return { ...common, memberId, assignment, target: assignment, isUpgraded };
};

function described(members: GroupMemberDescription[]): string {
  const terminal = new RecordingTerminal();
  const coordinator = { nodeId: 1, host: "h", port: 1 };
  const group = { groupId: "g", state: "Stable", assignor: "uniform", coordinator, epoch: 3, assignmentEpoch: 3 };
  describeMembers(terminal, [{ ...group, members }], true);
  return terminal.printed;
}

// As Kafka's ConsumerGroupCommand prints it of such a group.
test("a group that is on its way to the other protocol tells of each member which one it speaks", () => {
  const [classic, consumer] = [
    member("tIWd-ahdSz2acKEds1joNg", [2], false),
    member("n7uzPORiSW-HQS7oKuXa5w", [0, 1], true),
  ];
  expect(described([classic, consumer])).toBe(`
GROUP           CONSUMER-ID            HOST            CLIENT-ID        #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT    UPGRADED
g               tIWd-ahdSz2acKEds1joNg /127.0.0.1      console-consumer 1               3               a:2                  3               a:2                  false
g               n7uzPORiSW-HQS7oKuXa5w /127.0.0.1      console-consumer 2               3               a:0,1                3               a:0,1                true
`);
  expect(described([consumer])).not.toContain("UPGRADED");
});
