import { type ErrorCode, Errors } from "../../src/protocol/errors.ts";
import { type Call } from "./broker-world.ts";
import { type Grant, type GroupLedger } from "./group-ledger.ts";
import { inputTopic } from "./input-source.ts";
import { demand } from "./violation.ts";

const refusals: ReadonlySet<number> = new Set<ErrorCode>([
  Errors.UNKNOWN_MEMBER_ID,
  Errors.ILLEGAL_GENERATION,
  Errors.STALE_MEMBER_EPOCH,
  Errors.FENCED_INSTANCE_ID,
  Errors.REBALANCE_IN_PROGRESS,
]);

export interface OffsetCommit {
  readonly memberId: string;
  /** Of a classic member; the epoch of another; -1 of those who are no members. */
  readonly generationId: number;
  readonly instanceId: string | null;
  readonly partition: number;
  readonly offset: number;
}

/**
 * A commit to the group "g", and its judgement when it is answered. Of a member it is refused when by the time that it
 * arrives another has been told of the partition, a classic group has begun a new generation, or the member has gone; of
 * somebody else as long as there are members. As in Kafka, a member that is in that very epoch still, because it has not given
 * back all that it is to, may commit whatever it likes.
 *
 * What is granted is what the group goes on with, be it behind what was committed before.
 *
 * @param mayBeBehind it may arrive when its sender has gone on
 */
export function offsetCommit(commit: OffsetCommit, ledger: GroupLedger, mayBeBehind: boolean): Call<number> {
  const { partition, offset, generationId } = commit;
  const grant = ledger.grantOf(partition);
  const request = requestOf(commit);
  return async ({ groups }) => {
    const isStranger = generationId < 0;
    const isOld = ledger.isClassic && generationId < ledger.newestGeneration;
    const isOvertaken = isTakenOver(commit, grant, ledger) && ledger.epochOf(commit.memberId) !== generationId;
    const before = ledger.members();
    const setBack = { partition, offset };
    if (mayBeBehind) ledger.maySetBack(setBack);
    const { topics } = await groups.commitOffsets(request, 9);
    const errorCode = topics?.[0]?.partitions?.[0]?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR;
    if (errorCode !== Errors.NONE) {
      // Of others it is not sure that nothing was written.
      if (refusals.has(errorCode)) ledger.wasRefused(setBack);
      return errorCode;
    }
    const what = `offset ${offset} of ${partition} was taken from "${commit.memberId}" in ${generationId}`;
    const now = ledger.members();
    if (isStranger) {
      const stayed = [...before].filter((memberId) => now.has(memberId));
      demand(stayed.length === 0, () => `${what}, who is no member, while there were ${stayed.join(" and ")}`);
    } else {
      demand(!isOvertaken, () => `${what}, and ${ledger.grantOf(partition)?.memberId ?? "nobody"} has it`);
      demand(!isOld, () => `${what}, and ${ledger.newestGeneration} had begun`);
      demand(before.has(commit.memberId) || now.has(commit.memberId), () => `${what}, who is no member any more`);
    }
    ledger.wasCommitted(partition, offset);
    return errorCode;
  };
}

/** A static member that was replaced by another process may come back, under its id, and go on with what that one had. */
function isTakenOver({ memberId, partition, instanceId }: OffsetCommit, grant: Grant | undefined, ledger: GroupLedger) {
  const present = ledger.grantOf(partition);
  return present?.memberId !== memberId || (present !== grant && instanceId === null);
}

function requestOf({ memberId, generationId, instanceId, partition, offset }: OffsetCommit) {
  const partitions = [
    { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: null },
  ];
  return {
    groupId: "g",
    memberId,
    generationIdOrMemberEpoch: generationId,
    groupInstanceId: instanceId,
    retentionTimeMs: -1,
    topics: [{ name: inputTopic.name, topicId: inputTopic.id, partitions }],
  };
}
