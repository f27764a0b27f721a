import { ClientError } from "../client/kafka-error.ts";
import { type TopicPartition } from "../client/topic-partition.ts";

/** The partitions that an argument like `topic:0,1` names. @throws ClientError */
export function namedPartitions(argument: string): TopicPartition[] {
  const [topic = "", list = "", ...more] = withoutEmptyEnd(argument.split(":"));
  if (list === "" || more.length > 0) {
    throw illegal(`Invalid topic arg '${argument}', expected topic name and partitions`);
  }
  return withoutEmptyEnd(list.split(",")).map((text) => {
    const partition = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (partition === (partition | 0)) return { topic, partition };
    throw illegal(`Invalid partition '${text}' specified in topic arg '${argument}''`);
  });
}

/** As Java splits: empty parts at the end do not count. */
function withoutEmptyEnd(parts: readonly string[]): string[] {
  const end = parts.findLastIndex((part) => part !== "");
  return parts.slice(0, end + 1);
}

function illegal(message: string): ClientError {
  return new ClientError("java.lang.IllegalArgumentException", message);
}
