import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ToolMissing } from "./run-tool.ts";

/** What is downloaded may not be there for a moment. */
const attemptsMax = 3;
const retryDelayMs = 3_000;

const cacheRoot = fileURLToPath(new URL("../../.cache/", import.meta.url));

/**
 * A folder of `.cache` that `fill` has filled, at the first use and whenever `recipe` (what it is made from) has changed.
 * The stamp is written last, so that a download that broke off is not taken for a whole one.
 */
export async function cached(
  name: string,
  recipe: string,
  fill: (folder: string) => Promise<unknown>,
): Promise<string> {
  const folder = join(cacheRoot, name);
  const stamp = join(folder, ".complete");
  const hash = createHash("sha256").update(recipe).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return folder;
  for (let attempt = 1; ; attempt++) {
    process.stderr.write(`Preparing .cache/${name} …\n`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    try {
      await fill(folder);
      break;
    } catch (error) {
      const mayComeLater = error instanceof ToolMissing && error.isThere && attempt < attemptsMax;
      if (!mayComeLater) throw error;
      await sleep(retryDelayMs);
    }
  }
  writeFileSync(stamp, hash);
  return folder;
}
