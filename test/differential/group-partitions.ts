import { partitionFor } from "../../src/coordinator/runtime/partition-for.ts";
import { type Session } from "./session.ts";

/** How many partitions the broker keeps groups in. Names are of one run, and brokers differ in their settings. */
async function partitionCount(session: Session): Promise<number> {
  const { topics } = await session.quietly("metadata", 12, { topics: [{ name: "__consumer_offsets" }] });
  return topics[0]!.partitions.length;
}

/** The partition of `__consumer_offsets` that a group is kept in. */
export async function partitionOfGroup(session: Session, groupId: string): Promise<number> {
  return partitionFor(groupId, await partitionCount(session));
}

/** The name of a group that is kept in the same partition as another one; or that is not. It ends in some number. */
export async function groupBeside(
  session: Session,
  name: string,
  groupId: string,
  { isTogether }: { readonly isTogether: boolean },
): Promise<string> {
  const count = await partitionCount(session);
  const partition = partitionFor(groupId, count);
  for (let attempt = 0; ; attempt++) {
    const candidate = session.topic(`${name}${attempt}`);
    if ((partitionFor(candidate, count) === partition) === isTogether) return candidate;
  }
}
