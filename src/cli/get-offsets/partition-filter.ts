import { ClientError } from "../client/kafka-error.ts";
import { type TopicPartition } from "../client/topic-partition.ts";
import { topicFilter } from "../topics/topic-filter.ts";
import { TerseError } from "./terse-error.ts";

export interface PartitionFilter {
  /** Whether partitions of the topic can pass at all. */
  passesTopic(topic: string): boolean;
  passes(partition: TopicPartition): boolean;
}

const rule = /^([^:,]*)(?::(?:([0-9]*)|([0-9]*)-([0-9]*)))?$/;
const integerMax = 2_147_483_647;

/**
 * The filter of `--topic-partitions`: rules between commas, of which one has to fit.
 * @throws ClientError
 */
export function filterOfRules(text: string): PartitionFilter {
  // As Java splits: empty rules at the end do not count.
  const specs = text.split(",");
  while (specs.length > 1 && specs.at(-1) === "") specs.pop();
  const filters = specs.map(filterOfRule);
  return {
    passesTopic: (topic) => filters.some((filter) => filter.passesTopic(topic)),
    passes: (partition) => filters.some((filter) => filter.passes(partition)),
  };
}

/**
 * The filter of `--topic` and `--partitions`; undefined lets everything pass.
 * @throws ClientError
 */
export function filterOfOptions(topics: string | undefined, partitions: string | undefined): PartitionFilter {
  const ids = new Set((partitions ?? "") === "" ? [] : partitionIds(partitions ?? ""));
  return filterOf(topics, (partition) => ids.size === 0 || ids.has(partition));
}

function filterOfRule(spec: string): PartitionFilter {
  const match = rule.exec(spec);
  if (match === null) {
    const cause = new TerseError(`Invalid rule specification: ${spec}`);
    throw new ClientError("java.lang.RuntimeException", `${cause.kind}: ${cause.message}`, false, cause);
  }
  const [topics, only, from, to] = match.slice(1).map((part) => part || undefined);
  if (only !== undefined) {
    const id = javaInteger(only);
    return filterOf(topics, (partition) => partition === id);
  }
  const [least, below] = [from === undefined ? 0 : javaInteger(from), to === undefined ? integerMax : javaInteger(to)];
  return filterOf(topics, (partition) => partition >= least && partition < below);
}

function filterOf(topics: string | undefined, passesPartition: (partition: number) => boolean): PartitionFilter {
  const passesTopic = topicFilter(topics ?? ".*");
  return { passesTopic, passes: ({ topic, partition }) => passesTopic(topic) && passesPartition(partition) };
}

function partitionIds(list: string): number[] {
  const ids = list.split(",");
  while (ids.length > 0 && ids.at(-1) === "") ids.pop();
  return ids.map((text) => {
    const id = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (id === (id | 0)) return id;
    throw new TerseError(`--partitions expects a comma separated list of numeric partition ids, but received: ${list}`);
  });
}

function javaInteger(digits: string): number {
  const value = Number(digits);
  if (value <= integerMax) return value;
  throw new ClientError("java.lang.NumberFormatException", `For input string: "${digits}"`);
}
