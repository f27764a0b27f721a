import { describe, expect, test } from "vitest";
import { partitionChange, type PartitionChange } from "../../../src/controller/partition-change.ts";
import { type PartitionRegistration } from "../../../src/metadata/image/partition-registration.ts";

/**
 * Data-driven: what a partition looks like, what is wanted, and the record that follows. Brokers in `alive` may lead; `unclean`
 * ones may have lost records.
 */
interface Case {
  readonly name: string;
  readonly partition: Partial<PartitionRegistration>;
  readonly isr: readonly number[];
  readonly alive: readonly number[];
  readonly unclean?: readonly number[];
  readonly minIsr?: number;
  readonly hasElr?: boolean;
  readonly allowsUnclean?: boolean;
  readonly record: object | undefined;
}

const none: PartitionRegistration = {
  replicas: [1, 2, 3],
  directories: [],
  isr: [1, 2, 3],
  removingReplicas: [],
  addingReplicas: [],
  elr: [],
  lastKnownElr: [],
  leader: 1,
  leaderRecoveryState: 0,
  leaderEpoch: 0,
  partitionEpoch: 0,
};

const cases: readonly Case[] = [
  { name: "nothing to do", partition: {}, isr: [1, 2, 3], alive: [1, 2, 3], record: undefined },
  { name: "a follower leaves", partition: {}, isr: [1, 3], alive: [1, 3], record: { isr: [1, 3] } },
  { name: "the leader leaves", partition: {}, isr: [2, 3], alive: [2, 3], record: { leader: 2, isr: [2, 3] } },
  {
    name: "below min.insync.replicas those that left stay eligible",
    partition: {},
    isr: [3],
    alive: [3],
    minIsr: 2,
    record: { leader: 3, isr: [3], eligibleLeaderReplicas: [1, 2] },
  },
  {
    name: "an unclean one does not stay eligible",
    partition: {},
    isr: [3],
    alive: [3],
    unclean: [1],
    minIsr: 2,
    record: { leader: 3, isr: [3], eligibleLeaderReplicas: [2] },
  },
  {
    name: "back at min.insync.replicas nobody needs to be eligible",
    partition: { isr: [3], elr: [1, 2], leader: 3 },
    isr: [3, 1],
    alive: [1, 3],
    minIsr: 2,
    record: { isr: [3, 1], eligibleLeaderReplicas: [] },
  },
  {
    name: "the last one leaves: eligible, and remembered as leader",
    partition: { isr: [3], elr: [2], leader: 3 },
    isr: [],
    alive: [],
    minIsr: 2,
    record: { leader: -1, isr: [], eligibleLeaderReplicas: [2, 3], lastKnownElr: [3] },
  },
  {
    name: "an eligible one comes back and leads, cleanly",
    partition: { isr: [], elr: [2, 3], leader: -1, lastKnownElr: [3] },
    isr: [],
    alive: [2],
    minIsr: 2,
    record: { leader: 2, isr: [2], eligibleLeaderReplicas: [3], lastKnownElr: [] },
  },
  {
    name: "one that is not eligible may not lead",
    partition: { isr: [], elr: [2], leader: -1, lastKnownElr: [2] },
    isr: [],
    alive: [1],
    record: undefined,
  },
  {
    name: "with nobody eligible left the last leader leads, and recovers",
    partition: { isr: [], elr: [], leader: -1, lastKnownElr: [3] },
    isr: [],
    alive: [1, 3],
    record: { leader: 3, isr: [3], leaderRecoveryState: 1, lastKnownElr: [] },
  },
  {
    name: "unclean elections take anyone",
    partition: { isr: [], elr: [2], leader: -1, lastKnownElr: [2] },
    isr: [],
    alive: [1],
    allowsUnclean: true,
    record: { leader: 1, isr: [1], leaderRecoveryState: 1, eligibleLeaderReplicas: [], lastKnownElr: [] },
  },
  {
    name: "without ELR the last one stays in the ISR, leaderless",
    partition: { isr: [3], leader: 3 },
    isr: [],
    alive: [],
    hasElr: false,
    record: { leader: -1 },
  },
];

describe("a change of a partition", () => {
  test.each(cases)("$name", ({ partition, isr, alive, record, ...rest }) => {
    const change: PartitionChange = {
      topicId: "9yNED-s7ThKndIHOGy2q6Q",
      partitionId: 0,
      partition: { ...none, ...partition },
      targetIsr: isr,
      isAcceptableLeader: (id) => alive.includes(id),
      uncleanReplicas: rest.unclean ?? [],
      allowsUnclean: rest.allowsUnclean ?? false,
      minIsr: rest.minIsr ?? 1,
      hasElr: rest.hasElr ?? true,
      metadataVersion: 30,
    };
    const written = partitionChange(change);
    if (record === undefined) expect(written).toBeUndefined();
    else expect(written?.data).toEqual({ topicId: change.topicId, partitionId: 0, ...record });
  });
});
