import { readProperties } from "../command/properties.ts";
import { illegal } from "./config-problem.ts";
import { type ConfigsOptions } from "./configs-options.ts";

/** Where the text goes on outside of square brackets, which group a value with commas. */
const outsideBrackets = String.raw`(?=[^\]]*(?:\[|$))`;
const comma = new RegExp(`,${outsideBrackets}`);
const equals = new RegExp(String.raw`\s*=\s*${outsideBrackets}`);
const legalKey = /^[$a-zA-Z0-9._-]*$/;

/** The configurations that the command line sets. @throws ClientError */
export function configsToSet(options: ConfigsOptions): Map<string, string> {
  const file = options.value("add-config-file");
  const configs = file === undefined ? new Map<string, string>() : readProperties(file);
  const list = options.value("add-config");
  for (const [key, value] of list === undefined ? [] : pairsIn(list)) configs.set(key, value);
  for (const key of configs.keys()) {
    if (!legalKey.test(key)) throw illegal(`Invalid character found for config key: ${key}`);
  }
  return configs;
}

function pairsIn(list: string): [string, string][] {
  const pairs = list
    .replace(/,+$/, "")
    .split(comma)
    .map((pair) => pair.split(equals));
  if (!pairs.every((pair) => pair.length === 2)) {
    throw illegal(
      'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val" or  "key=[val1,val2]" to group values which contain commas.',
    );
  }
  return pairs.map(([key = "", value = ""]) => [key.trim(), value.replace(/[[\]]/g, "").trim()]);
}

/** The keys that the command line deletes. */
export function keysToDelete(options: ConfigsOptions): string[] {
  return options
    .all("delete-config")
    .flatMap((list) => list.split(",").filter((key) => key !== ""))
    .map((key) => key.trim());
}
