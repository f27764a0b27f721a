import { type Script, type ScriptStep } from "./script.ts";

/** The smallest script that still fails when more and more is left out: steps first, then what they say. */
export async function shrunk(script: Script, fails: (script: Script) => Promise<boolean>): Promise<Script> {
  let best = script;
  const attempt = async (smaller: Script) => {
    if (!(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  for (let size = Math.ceil(script.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = best.steps.length; end > 0; end -= size) {
      const steps = without(best.steps, Math.max(0, end - size), end);
      if (steps.length > 0) await attempt({ ...best, steps });
    }
  }
  for (const topic of script.topics) {
    if (!JSON.stringify(best.steps).includes(`"${topic.name}"`)) {
      await attempt({ ...best, topics: best.topics.filter((each) => each !== topic) });
    } else if (topic.configs !== undefined) {
      const plain = { name: topic.name, partitions: topic.partitions };
      await attempt({ ...best, topics: best.topics.map((each) => (each === topic ? plain : each)) });
    }
  }
  for (let index = 0; index < best.steps.length; index++) {
    // What was left out may have kept something else there: paths are looked for anew after each success.
    let tried = 0;
    for (;;) {
      const smaller = smallerValues(best.steps[index]!.body)[tried];
      if (smaller === undefined) break;
      const steps = best.steps.map((step, at): ScriptStep => (at === index ? { ...step, body: smaller } : step));
      if (!(await attempt({ ...best, steps }))) tried += 1;
    }
  }
  return best;
}

/** Without records or acks there is no answer; a place and what is written there belong together. */
const needed: ReadonlySet<string> = new Set([
  "records",
  "acks",
  "at",
  "bits",
  "value",
  "rebalanceTimeoutMs",
  "sessionTimeoutMs",
  "name",
  "metadata",
  "partitions",
  "partitionIndexes",
]);

/** The value with one of its parts left out, in all ways. */
function smallerValues(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) {
    return value.flatMap((each, at) => [
      without(value, at, at + 1),
      ...smallerValues(each).map((inner) => value.map((other, index) => (index === at ? inner : (other as unknown)))),
    ]);
  }
  if (Object.keys(value).some((key) => key.startsWith("$") && key !== "$batches")) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(key.startsWith("$") || needed.has(key)
      ? []
      : [Object.fromEntries(Object.entries(value).filter(([other]) => other !== key))]),
    ...smallerValues(inner).map((smaller) => ({ ...value, [key]: smaller })),
  ]);
}

function without<T>(list: readonly T[], from: number, to: number): T[] {
  return [...list.slice(0, from), ...list.slice(to)];
}
