import { array, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const streamsGroupCurrentMemberAssignmentKey = message(
  "StreamsGroupCurrentMemberAssignmentKey",
  { versions: "0", flexible: "none", key: 22 },
  {
    groupId: string("0"),
    memberId: string("0"),
  },
);
export type StreamsGroupCurrentMemberAssignmentKey = Infer<typeof streamsGroupCurrentMemberAssignmentKey>;

const streamsGroupCurrentMemberAssignmentValueTaskIds = struct("TaskIds", {
  subtopologyId: string("0+"),
  partitions: array("0+", "int32"),
  assignmentEpochs: array("0+", "int32", { nullable: "0+", tagged: "0+", tag: 0 }),
});

export const streamsGroupCurrentMemberAssignmentValue = message(
  "StreamsGroupCurrentMemberAssignmentValue",
  { versions: "0", flexible: "0+", key: 22 },
  {
    memberEpoch: int32("0+"),
    previousMemberEpoch: int32("0+"),
    state: int8("0+"),
    activeTasks: array("0+", streamsGroupCurrentMemberAssignmentValueTaskIds),
    standbyTasks: array("0+", streamsGroupCurrentMemberAssignmentValueTaskIds),
    warmupTasks: array("0+", streamsGroupCurrentMemberAssignmentValueTaskIds),
    activeTasksPendingRevocation: array("0+", streamsGroupCurrentMemberAssignmentValueTaskIds),
    standbyTasksPendingRevocation: array("0+", streamsGroupCurrentMemberAssignmentValueTaskIds),
    warmupTasksPendingRevocation: array("0+", streamsGroupCurrentMemberAssignmentValueTaskIds),
  },
);
export type StreamsGroupCurrentMemberAssignmentValue = Infer<typeof streamsGroupCurrentMemberAssignmentValue>;
