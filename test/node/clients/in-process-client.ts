import { setTimeout as sleep } from "node:timers/promises";
import { assert } from "../../../src/base/assert.ts";
import {
  type OperationName,
  type Operations,
  type ReceivedRecord,
  type TestClient,
} from "../../support/clients/test-client.ts";

const timeoutMs = 120_000;

export type Input<N extends OperationName> = Operations[N]["input"] & { readonly bootstrap: string };
export type Output<N extends OperationName> = Promise<Operations[N]["output"]>;

type Operation<N extends OperationName> = (input: Input<N>) => Output<N>;

/** The operations of a client that runs in this process; a test that needs a member among others has its own. */
export type ClientOperations = {
  readonly [N in Exclude<OperationName, "share" | "join" | "work" | "leave">]: Operation<N>;
};

export function inProcessClient(operations: ClientOperations): TestClient {
  return {
    run: (operation, input) => {
      const run = (operations as { readonly [N in OperationName]?: Operation<N> })[operation];
      assert(run !== undefined, `${operation} is an operation of programs`);
      return run(input);
    },
    close: async () => {},
  };
}

export function base64(content: Buffer | null | undefined): string | null {
  return content?.toString("base64") ?? null;
}

export function bytes(content: string | null): Buffer | null {
  return content === null ? null : Buffer.from(content, "base64");
}

/** Waits until `isTrue`; what was missing is in the error. */
export async function until(what: string, isTrue: () => boolean, state: () => unknown): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`${what}: after ${timeoutMs} ms ${JSON.stringify(state())}`);
    await sleep(20);
  }
}

/** By partition, what to commit after these records. */
export function nextOffsets(records: readonly ReceivedRecord[]): Map<number, number> {
  const next = new Map<number, number>();
  for (const { partition, offset } of records) next.set(partition, Math.max(next.get(partition) ?? 0, offset + 1));
  return next;
}

/** Keeps a record unless it is there already: a client that had to join again starts from what was committed. */
export function keep(records: ReceivedRecord[], record: ReceivedRecord): void {
  const isThere = records.some(({ partition, offset }) => partition === record.partition && offset === record.offset);
  if (!isThere) records.push(record);
}
