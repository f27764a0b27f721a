import { type PartitionAssignor } from "./partition-assignor.ts";
import { assignAlike } from "./uniform-homogeneous.ts";
import { UniformBalance } from "./uniform-heterogeneous.ts";

/** Gives every member as many partitions as any other, whatever their topics, and moves as few as it can. */
export const uniformAssignor: PartitionAssignor = {
  name: "uniform",
  assign(group, topics) {
    if (group.members.length === 0) return [];
    return group.isHomogeneous ? assignAlike(group, topics) : new UniformBalance(group, topics).assign();
  },
};
