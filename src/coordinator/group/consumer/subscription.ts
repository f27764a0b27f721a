import { type Uuid } from "../../../base/brand.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { type GroupMetadata } from "./group-metadata.ts";
import { regexOf, type ConsumerMember } from "./member.ts";

/** The names of the topics that a member is subscribed to, by name or by a regular expression that has been resolved. */
export function subscribedTopics(group: ConsumerGroup, member: ConsumerMember): ReadonlySet<string> {
  const names = new Set(member.topicNames);
  const regex = regexOf(member);
  const resolved = regex === undefined ? undefined : group.resolvedRegexes.get(regex);
  for (const topic of resolved?.topics ?? []) names.add(topic);
  return names;
}

/** Of those topics, the ids of those that exist. */
export function topicIdsOf(names: Iterable<string>, metadata: GroupMetadata): Uuid[] {
  const ids: Uuid[] = [];
  for (const name of names) {
    const id = metadata.topicId(name);
    if (id !== undefined) ids.push(id);
  }
  return ids;
}
