import { type Admin } from "../client/admin/admin.ts";
import { ConfigurationError } from "../client/kafka-error.ts";
import { topicFilter } from "./topic-filter.ts";
import { type TopicsOptions } from "./topics-checks.ts";

const internalTopics = new Set(["__consumer_offsets", "__transaction_state", "__share_group_state"]);

/** The topics that `--topic` and `--exclude-internal` leave, sorted; all when there is no `--topic`. */
export async function topicsNamed(admin: Admin, options: TopicsOptions): Promise<string[]> {
  const all = (await admin.topics.list()).map(({ name }) => name).sort();
  const text = options.value("topic");
  const isWanted = text === undefined ? () => true : topicFilter(text);
  return all.filter((name) => isWanted(name) && !(options.has("exclude-internal") && internalTopics.has(name)));
}

/** @throws ConfigurationError when a topic was asked for and is not there, unless `--if-exists` was given */
export function requireTopic(found: readonly string[], options: TopicsOptions): void {
  const wanted = options.value("topic") ?? "";
  if (found.length === 0 && wanted !== "" && !options.has("if-exists")) {
    throw new ConfigurationError(`Topic '${wanted}' does not exist as expected`, "java.lang.IllegalArgumentException");
  }
}
