import { type GroupTurn } from "../group-state.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { bumpGroupEpoch, metadataValidMs } from "./group-epoch.ts";
import { regexOf, type ConsumerMember } from "./member.ts";
import { re2Pattern, type Re2Pattern } from "../../../base/re2.ts";
import { forgetRegex, writeRegex } from "./write.ts";

/** Regular expressions are not looked at more often than that, whatever happens. */
const refreshIntervalMsMin = 10_000;
/** So many names are matched before others have their turn. */
const matchesPerStep = 500;

export type RegexChange = "same" | "changed" | "changed and resolved";

/**
 * After a member may have changed its regular expression: forgets one that nobody has any more, and has all of the group's
 * matched anew when one is new, when there are new topics, or when that was long ago.
 */
export function followRegex(
  turn: GroupTurn,
  group: ConsumerGroup,
  before: ConsumerMember,
  after: ConsumerMember,
): RegexChange {
  const { regexCounts, resolvedRegexes } = group;
  const [old, now] = [regexOf(before), regexOf(after)];
  const [last] = resolvedRegexes.values();
  const resolvedCount = resolvedRegexes.size;
  const isNew = now !== undefined && now !== old && regexCounts.get(now) === 1;
  const change = before.topicRegex === after.topicRegex ? "same" : changeTo(group, old, now, isNew);
  if (old !== undefined && !regexCounts.has(old)) forgetRegex(turn, group.groupId, old);
  if (regexCounts.size === 0 || group.isResolving.get()) return change;
  if (last !== undefined && turn.nowMs <= last.resolvedAtMs + refreshIntervalMsMin) return change;
  const isStale =
    last === undefined ||
    last.version < turn.state.metadata.newTopicsVersion ||
    turn.nowMs > last.resolvedAtMs + turn.state.config.consumerRegexRefreshIntervalMs;
  if (isNew || isStale || regexCounts.size !== resolvedCount) startResolving(turn, group);
  return change;
}

function changeTo(group: ConsumerGroup, old: string | undefined, now: string | undefined, isNew: boolean): RegexChange {
  if (now === undefined) return old === undefined ? "changed" : "changed and resolved";
  return !isNew && group.resolvedRegexes.has(now) ? "changed and resolved" : "changed";
}

function startResolving(turn: GroupTurn, group: ConsumerGroup): void {
  const { groupId } = group;
  const { metadata } = turn.state;
  const regexes = [...group.regexCounts.keys()];
  const origin = { version: metadata.version, resolvedAtMs: turn.nowMs };
  group.isResolving.set(true);
  turn.offload(matchTopics(regexes, metadata.topicNames()), (later, topicsByRegex) => {
    const current = later.state.consumerGroup(groupId);
    if (current === undefined) return;
    current.isResolving.set(false);
    takeResolved(later, current, topicsByRegex, origin);
  });
}

/** Matches all topics with all expressions, a few at a time. */
function* matchTopics(
  regexes: readonly string[],
  topics: Iterable<string>,
): Generator<undefined, ReadonlyMap<string, ReadonlySet<string>>> {
  const patterns: [Re2Pattern | undefined, Set<string>][] = regexes.map((regex) => [re2Pattern(regex), new Set()]);
  let matches = 0;
  for (const topic of topics) {
    for (const [pattern, matching] of patterns) if (pattern?.(topic) === true) matching.add(topic);
    matches += patterns.length;
    if (matches < matchesPerStep) continue;
    matches = 0;
    yield;
  }
  return new Map(regexes.map((regex, index) => [regex, patterns[index]![1]]));
}

function takeResolved(
  turn: GroupTurn,
  group: ConsumerGroup,
  topicsByRegex: ReadonlyMap<string, ReadonlySet<string>>,
  origin: { readonly version: number; readonly resolvedAtMs: number },
): void {
  let hasChanged = false;
  for (const [regex, topics] of topicsByRegex) {
    // Nobody may want it any more.
    if (!group.regexCounts.has(regex)) continue;
    hasChanged ||= !sameTopics(group.resolvedRegexes.get(regex)?.topics ?? new Set(), topics);
    writeRegex(turn, group.groupId, regex, { topics, ...origin });
  }
  const metadataHash = turn.state.metadata.hashOf(group.topicCounts.keys());
  if (!hasChanged && metadataHash === group.epoch.get().metadataHash) return;
  bumpGroupEpoch(turn, group, metadataHash);
  group.metadataValidUntilMs.set(turn.nowMs + metadataValidMs);
}

function sameTopics(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((topic) => other.has(topic));
}
