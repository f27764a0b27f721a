import { type Session } from "../session.ts";
import { assignmentOf, subscriptionTo } from "../consumer-group.ts";
import { type BatchSpec, batchOf } from "./batch-spec.ts";

export type Kept = Map<string, number | string>;

/** A name that the run alone has. */
export const named = (name: string) => ({ $name: name });
/** The id of a topic. */
export const idOf = (name: string) => ({ $id: name });
/** What an answer has said, and what is said when there was no such answer. */
export const kept = (name: string, or: number | string, plus = 0) => ({ $kept: name, or, plus });
export const bytes = (text: string) => ({ $text: text });
/** Batches one behind the other. */
export const batches = (...specs: readonly object[]) => ({ $batches: specs });
/** What classic consumers tell each other. */
export const subscription = (topics: readonly string[], owned: readonly number[] = []) => ({
  $subscription: topics,
  owned,
});
export const assignment = (topic: string, partitions: readonly number[]) => ({ $assignment: topic, partitions });

type Given = Record<string, unknown>;

const makers: Readonly<Record<string, (given: Given, session: Session, kept: Kept) => unknown>> = {
  $name: ({ $name }, session) => session.topic($name as string),
  $id: ({ $id }, session) => session.idOf($id as string),
  $text: ({ $text }) => Buffer.from($text as string),
  $kept: ({ $kept, or, plus = 0 }, _, known) => {
    const value = known.get($kept as string);
    return typeof value === "number" ? value + (plus as number) : (value ?? or);
  },
  $batches: async ({ $batches }) => Buffer.concat(await Promise.all(($batches as BatchSpec[]).map(batchOf))),
  $subscription: ({ $subscription, owned }, session) =>
    subscriptionTo(
      ($subscription as string[]).map((name) => session.topic(name)),
      owned as number[],
    ),
  $assignment: ({ $assignment, partitions }, session) =>
    assignmentOf(session.topic($assignment as string), partitions as number[]),
};

/** A body as it is sent: what stands for something else is replaced, from the inside out. */
export async function valueOf(written: unknown, session: Session, known: Kept): Promise<unknown> {
  if (Array.isArray(written)) return Promise.all(written.map((each) => valueOf(each, session, known)));
  if (typeof written !== "object" || written === null) return written;
  const pairs = await Promise.all(
    Object.entries(written).map(async ([key, inner]) => [key, await valueOf(inner, session, known)] as const),
  );
  const given = Object.fromEntries(pairs);
  const maker = pairs.map(([key]) => makers[key]).find((each) => each !== undefined);
  return maker === undefined ? given : maker(given, session, known);
}
