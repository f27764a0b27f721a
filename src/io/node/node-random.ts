import { randomBytes } from "node:crypto";
import { type Random } from "../ports.ts";

export const nodeRandom: Random = {
  float: () => Math.random(),
  bytes: (length: number) => randomBytes(length),
};
