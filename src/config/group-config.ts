import { ConfigError, type ConfigKey, parseValue } from "./config-key.ts";
import { groupKeys } from "./group-keys.ts";

export type GroupKeyName = keyof typeof groupKeys;

export function isGroupKey(name: string): name is GroupKeyName {
  return Object.hasOwn(groupKeys, name);
}

/** What is wrong with a group's overrides, worded as Kafka does; undefined when nothing is. */
export function groupConfigsProblem(overrides: ReadonlyMap<string, string>): string | undefined {
  for (const [name, text] of overrides) {
    if (!isGroupKey(name)) return `Unknown group config name: ${name}`;
    try {
      parseValue(name, groupKeys[name] as ConfigKey, text);
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
  }
  return undefined;
}
