import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Runtime } from "../ports.ts";

/** V8's own function, which Node shows only to scripts that are made while a flag is set. */
type Collect = (options: { type: "major"; execution: "async"; flavor: "last-resort" }) => Promise<void> | undefined;

/** undefined until it is looked for, null where the runtime does not give it. */
let collect: Collect | null | undefined;

/** V8, with the objects of this thread. */
export const nodeRuntime: Runtime = {
  heapUsedBytes: () => getHeapStatistics().used_heap_size,
  heapBytes: () => getHeapStatistics().total_heap_size,
  collect: collectAll,
  async compact(): Promise<void> {
    setFlagsFromString("--compact-on-every-full-gc");
    try {
      await collectAll();
    } finally {
      setFlagsFromString("--no-compact-on-every-full-gc");
    }
  },
};

async function collectAll(): Promise<void> {
  if (collect === undefined) collect = exposedCollect();
  // As a task of its own it need not take for a reference what looks like one on the stack. The flavor makes newer V8
  // give free pages back instead of keeping them for later; that of Node 20 does not know it, and keeps none.
  await collect?.({ type: "major", execution: "async", flavor: "last-resort" });
}

function exposedCollect(): Collect | null {
  // Who runs with --expose-gc is to keep it.
  if ("gc" in globalThis) return globalThis.gc as Collect;
  setFlagsFromString("--expose-gc");
  try {
    return (runInNewContext("globalThis.gc") as Collect | undefined) ?? null;
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
