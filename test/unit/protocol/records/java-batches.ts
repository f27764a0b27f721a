import { readFileSync } from "node:fs";

/** What Apache Kafka's client library reads from a batch (see test/data/batches). */
export interface JavaBatch {
  readonly header: Readonly<Record<string, number | string | boolean>>;
  readonly records: readonly JavaRecord[];
}

export interface JavaRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly sizeBytes: number;
  readonly key: JavaBytes;
  readonly value: JavaBytes;
  readonly headers: readonly { readonly key: string; readonly value: JavaBytes }[];
}

/** Hex, or a hash when there are many. */
export type JavaBytes = string | null | { readonly sizeBytes: number; readonly sha256: string };

export interface JavaBatches {
  readonly name: string;
  readonly bytes: Buffer;
  readonly batches: readonly JavaBatch[];
}

const path = new URL("../../../data/batches/java-client.json", import.meta.url);
const all = (JSON.parse(readFileSync(path, "utf8")) as (JavaBatches & { hex: string })[]).map(
  ({ name, hex, batches }): JavaBatches => ({ name, bytes: Buffer.from(hex, "hex"), batches }),
);

/** Every fixture of the current format. */
export const javaBatches: readonly JavaBatches[] = all.filter(({ batches }) => batches[0]?.header["magic"] === 2);

/** One fixture; a fresh copy of its bytes. */
export function javaBatch(name: string): JavaBatches {
  const found = all.find((fixture) => fixture.name === name);
  if (found === undefined) throw new Error(`no fixture "${name}"`);
  return { ...found, bytes: Buffer.from(found.bytes) };
}
