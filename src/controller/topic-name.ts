import { type PersistentMap } from "../base/persistent-map.ts";
import { type TopicImage } from "../metadata/image/topics-image.ts";

const nameLengthMax = 249;

/** What is wrong with a topic's name, worded as Kafka does; undefined when it may be used. */
export function topicNameProblem(name: string): string | undefined {
  const illegal = (reason: string) => `Topic name is invalid: ${reason}`;
  if (name === "") return illegal("the empty string is not allowed");
  if (name === "." || name === "..") return illegal(`'${name}' is not allowed`);
  if (name.length > nameLengthMax) {
    return illegal(`the length of '${name}' is longer than the max allowed length ${nameLengthMax}`);
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return illegal(`'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`);
  }
  return undefined;
}

/** An existing topic that could not be told apart from `name` in metrics, where "." and "_" are the same. */
export function collidingTopic(name: string, existing: PersistentMap<string, TopicImage>): string | undefined {
  if (!/[._]/.test(name)) return undefined;
  const unified = unify(name);
  for (const other of existing.keys()) {
    if (other.length === name.length && unify(other) === unified) return other;
  }
  return undefined;
}

function unify(name: string): string {
  return name.replaceAll(".", "_");
}
