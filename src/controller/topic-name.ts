import { collisionKey } from "../base/topic-name.ts";
import { type PersistentMap } from "../base/persistent-map.ts";
import { type TopicImage } from "../metadata/image/topics-image.ts";

/** An existing topic that could not be told apart from `name` in metrics. */
export function collidingTopic(name: string, existing: PersistentMap<string, TopicImage>): string | undefined {
  if (!/[._]/.test(name)) return undefined;
  const key = collisionKey(name);
  for (const other of existing.keys()) {
    if (other.length === name.length && collisionKey(other) === key) return other;
  }
  return undefined;
}
