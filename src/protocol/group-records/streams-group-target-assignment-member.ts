import { array, message, string, struct, type Infer } from "../schema.ts";

export const streamsGroupTargetAssignmentMemberKey = message(
  "StreamsGroupTargetAssignmentMemberKey",
  { versions: "0", flexible: "none", key: 21 },
  {
    groupId: string("0"),
    memberId: string("0"),
  },
);
export type StreamsGroupTargetAssignmentMemberKey = Infer<typeof streamsGroupTargetAssignmentMemberKey>;

const streamsGroupTargetAssignmentMemberValueTaskIds = struct("TaskIds", {
  subtopologyId: string("0+"),
  partitions: array("0+", "int32"),
});

export const streamsGroupTargetAssignmentMemberValue = message(
  "StreamsGroupTargetAssignmentMemberValue",
  { versions: "0", flexible: "0+", key: 21 },
  {
    activeTasks: array("0+", streamsGroupTargetAssignmentMemberValueTaskIds),
    standbyTasks: array("0+", streamsGroupTargetAssignmentMemberValueTaskIds),
    warmupTasks: array("0+", streamsGroupTargetAssignmentMemberValueTaskIds),
  },
);
export type StreamsGroupTargetAssignmentMemberValue = Infer<typeof streamsGroupTargetAssignmentMemberValue>;
