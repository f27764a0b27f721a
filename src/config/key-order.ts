import { javaHashOrder, javaStringHash } from "../base/java-hash.ts";
import { type ConfigKey, type ConfigValue, parseValue } from "./config-key.ts";

/*
 * Of several things that are wrong with a configuration Kafka names one, and which one is part of what clients see. It
 * looks at the values in the order of its definitions, which is the order of our tables, and at names in that of hash maps.
 */

/** Names as a hash map hands them back. @param planned the number of entries that the map was made for */
export function inHashOrder(names: Iterable<string>, planned?: number): string[] {
  return javaHashOrder([...names], javaStringHash, planned);
}

/**
 * The values of the keys that are given, in the order of the keys.
 * @throws ConfigError for the first that is refused
 */
export function parseGiven(
  keys: Readonly<Record<string, ConfigKey>>,
  given: ReadonlyMap<string, string>,
): Map<string, ConfigValue> {
  const values = new Map<string, ConfigValue>();
  for (const name of Object.keys(keys)) {
    const text = given.get(name);
    if (text !== undefined) values.set(name, parseValue(name, keys[name]!, text));
  }
  return values;
}

/** The keys of a table by name, as they are shown. */
export function keysByName<Name extends string>(keys: Readonly<Record<Name, ConfigKey>>): [Name, ConfigKey][] {
  return (Object.entries(keys) as [Name, ConfigKey][]).sort(([a], [b]) => (a < b ? -1 : 1));
}
