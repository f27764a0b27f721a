import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** All the files of a folder in one text, for the recipe of what is built from them. */
export function sourcesOf(folder: string): string {
  return readdirSync(folder)
    .sort()
    .map((name) => `${name}\n${readFileSync(join(folder, name), "utf8")}`)
    .join("\n");
}
