import { javaStringHash } from "../../base/java-hash.ts";

/** The partition of the coordinators' topic that a key belongs to, the same on every broker and in Kafka. */
export function partitionFor(key: string, partitionCount: number): number {
  const hash = javaStringHash(key);
  // The one number whose absolute value is no int32 counts as 0.
  return (hash === -0x80000000 ? 0 : Math.abs(hash)) % partitionCount;
}
