import { inJavaBuckets, javaHashOrder, javaStringHash } from "../../base/java-hash.ts";

const loadFactor = 0.75;

/**
 * The order in which Kafka's Java client hands back what it was asked for by these names. It comes from the hash maps
 * that the answer passes through: the calls under way, a copy of that map, the results. Some lists of Kafka's tools are
 * printed in it, and scripts compare their output.
 */
export function javaResultOrder(names: readonly string[]): string[] {
  const made = capacityOf(names.length, names.length);
  const copied = capacityOf(Math.floor(names.length / loadFactor + 1), names.length);
  return [made, copied, made].reduce((order, capacity) => inJavaBuckets(order, capacity, javaStringHash), [...names]);
}

/** The order in which a Java hash map of the default size, filled in the order of `keys`, hands them back. */
export function javaMapOrder(keys: readonly string[]): string[] {
  return javaHashOrder(keys, javaStringHash);
}

/** The hash of a topic's partition, as Kafka's clients compute it. */
export function partitionHash({ topic, partition }: { topic: string; partition: number }): number {
  return (Math.imul(31 + partition, 31) + javaStringHash(topic)) | 0;
}

/** Buckets of a map that was made for `planned` entries and holds `count`: it doubles when it is over three quarters full. */
function capacityOf(planned: number, count: number): number {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(planned, 1)));
  return count > capacity * loadFactor ? capacity * 2 : capacity;
}
