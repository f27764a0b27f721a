/** Java's `String.hashCode`: over UTF-16 units, wrapping at 32 bits. */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  return hash;
}

/** The partition of the coordinators' topic that a key belongs to, the same on every broker and in Kafka. */
export function partitionFor(key: string, partitionCount: number): number {
  const hash = javaHashCode(key);
  // The one number whose absolute value is no int32 counts as 0.
  return (hash === -0x80000000 ? 0 : Math.abs(hash)) % partitionCount;
}
