import { randomFillSync } from "node:crypto";
import { type Random } from "../ports.ts";

/** Random bytes are drawn from the system many at a time: a call costs more than the bytes. */
const poolBytes = 4096;
let pool = Buffer.alloc(0);

export const nodeRandom: Random = {
  float: () => Math.random(),
  bytes(length: number) {
    if (length > poolBytes) return randomFillSync(Buffer.allocUnsafeSlow(length));
    if (pool.length < length) pool = randomFillSync(Buffer.allocUnsafeSlow(poolBytes));
    const taken = pool.subarray(0, length);
    pool = pool.subarray(length);
    return taken;
  },
};
