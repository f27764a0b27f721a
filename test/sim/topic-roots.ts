import { type Uuid } from "../../src/base/brand.ts";
import { directoryIds, logRoots } from "./log-world.ts";

/** Three, so that a replica on its way to one directory can be sent to another one. */
export const topicRoots = [...logRoots, "/third"] as const;

/** What `meta.properties` calls them. */
export const topicDirectoryIds: ReadonlyMap<string, Uuid> = new Map([
  ...directoryIds,
  ["/third", "FFFFFFFFFFFFFFFFFFFFFQ"],
]);

/** The directory that the metadata means; undefined when it means none. */
export function rootWithId(id: Uuid | undefined): string | undefined {
  return topicRoots.find((root) => topicDirectoryIds.get(root) === id);
}
