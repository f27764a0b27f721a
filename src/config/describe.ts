import { type BrokerConfig, type BrokerKeyName } from "./broker-config.ts";
import { brokerKeys } from "./broker-keys.ts";
import { type ConfigKey, type ConfigType, formatValue } from "./config-key.ts";
import { type GroupKeyName } from "./group-config.ts";
import { groupKeys } from "./group-keys.ts";
import { keysByName } from "./key-order.ts";
import { TopicConfig, type TopicKeyName, topicSynonyms } from "./topic-config.ts";
import { topicKeys } from "./topic-keys.ts";

/** Where a value comes from, with the codes of DescribeConfigs. */
export const ConfigSource = {
  UNKNOWN: 0,
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  DYNAMIC_BROKER_LOGGER: 6,
  CLIENT_METRICS: 7,
  GROUP: 8,
} as const;

/** The types of values, with the codes of DescribeConfigs. */
const typeCodes: Record<ConfigType, number> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
};

const brokersByName = keysByName<BrokerKeyName>(brokerKeys);
const topicsByName = keysByName<TopicKeyName>(topicKeys);
const groupsByName = keysByName<GroupKeyName>(groupKeys);

export interface SynonymEntry {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

/** One line of a DescribeConfigs answer. */
export interface ConfigEntry extends SynonymEntry {
  readonly readOnly: boolean;
  readonly isSensitive: boolean;
  readonly configType: number;
  /** Every place that could give the value, the one that does first. */
  readonly synonyms: readonly SynonymEntry[];
}

/** The broker's configuration by origin: what was given at start, and what was altered since. */
export interface BrokerLayers {
  readonly statics: BrokerConfig;
  /** Alterations for this broker, and for all brokers of the cluster. */
  readonly dynamic: ReadonlyMap<string, string>;
  readonly dynamicDefault: ReadonlyMap<string, string>;
}

const effectiveConfigs = new WeakMap<BrokerLayers, BrokerConfig>();

/** The layers as one configuration. To parse all keys is dear, and thousands of topics may be described by the same layers. */
export function effectiveBrokerConfig(layers: BrokerLayers): BrokerConfig {
  if (layers.dynamic.size === 0 && layers.dynamicDefault.size === 0) return layers.statics;
  let config = effectiveConfigs.get(layers);
  if (config === undefined) {
    config = layers.statics.with(new Map([...layers.dynamicDefault, ...layers.dynamic]));
    effectiveConfigs.set(layers, config);
  }
  return config;
}

/** Broker keys that set one thing in several units or names; the first that is set counts. */
const brokerSynonyms: readonly (readonly BrokerKeyName[])[] = [
  ["log.roll.ms", "log.roll.hours"],
  ["log.roll.jitter.ms", "log.roll.jitter.hours"],
  ["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
  ["log.retention.ms", "log.retention.minutes", "log.retention.hours"],
];

function synonymsOfBrokerKey(name: BrokerKeyName, layers: BrokerLayers): SynonymEntry[] {
  const names = brokerSynonyms.find((group) => group.includes(name)) ?? [name];
  const sensitive = brokerKeys[name].type === "PASSWORD";
  const entries: SynonymEntry[] = [];
  const add = (values: ReadonlyMap<string, string>, source: number) => {
    for (const synonym of names) {
      const value = values.get(synonym);
      if (value !== undefined) entries.push({ name: synonym, value: sensitive ? null : value, source });
    }
  };
  add(layers.dynamic, ConfigSource.DYNAMIC_BROKER);
  add(layers.dynamicDefault, ConfigSource.DYNAMIC_DEFAULT_BROKER);
  add(layers.statics.originals, ConfigSource.STATIC_BROKER);
  // Kafka fills in the old name of node.id before it looks at anything.
  if (name === "broker.id" && entries.length === 0) {
    entries.push({ name, value: String(layers.statics.nodeId), source: ConfigSource.STATIC_BROKER });
  }
  for (const synonym of names) {
    const definition: ConfigKey = brokerKeys[synonym];
    if (definition.default === null || definition.required === true) continue;
    const value = sensitive ? null : formatValue(definition.default, definition.type);
    entries.push({ name: synonym, value, source: ConfigSource.DEFAULT });
  }
  // Kafka lists what ranks before the key under its own name only when that name is set somewhere too.
  const first = entries.findIndex((entry) => entry.name === name);
  return first === -1 ? [] : entries.slice(first);
}

/** Every broker key that is not internal; null `names` asks for all. */
export function describeBroker(layers: BrokerLayers, names: readonly string[] | null): ConfigEntry[] {
  const effective = effectiveBrokerConfig(layers);
  const wanted = names === null ? undefined : new Set(names);
  const entries: ConfigEntry[] = [];
  for (const [name, definition] of brokersByName) {
    if (wanted === undefined ? definition.internal === true && !effective.originals.has(name) : !wanted.has(name))
      continue;
    const synonyms = synonymsOfBrokerKey(name, layers);
    const value = printed(name === "broker.id" ? effective.nodeId : effective.get(name), definition);
    entries.push({ ...entryOf(name, value, definition, synonyms), readOnly: definition.update === "read-only" });
  }
  return entries;
}

/** Every topic key that is not internal, for a topic with these overrides. */
export function describeTopic(
  overrides: ReadonlyMap<string, string>,
  layers: BrokerLayers,
  names: readonly string[] | null,
): ConfigEntry[] {
  const config = new TopicConfig(overrides, effectiveBrokerConfig(layers));
  const wanted = names === null ? undefined : new Set(names);
  const entries: ConfigEntry[] = [];
  for (const [name, definition] of topicsByName) {
    if (wanted === undefined ? definition.internal === true : !wanted.has(name)) continue;
    const value = printed(config.get(name), definition);
    const brokerKey = topicSynonyms[name]?.[0]?.name;
    const inherited = brokerKey === undefined ? [] : synonymsOfBrokerKey(brokerKey, layers);
    const synonyms = overrides.has(name) ? [{ name, value, source: ConfigSource.TOPIC }, ...inherited] : inherited;
    entries.push(entryOf(name, value, definition, synonyms));
  }
  return entries;
}

/** Every group key, for a group with these overrides; keys of the broker give the defaults. */
export function describeGroup(
  overrides: ReadonlyMap<string, string>,
  layers: BrokerLayers,
  names: readonly string[] | null,
): ConfigEntry[] {
  const effective = effectiveBrokerConfig(layers);
  const entries: ConfigEntry[] = [];
  for (const [name, definition] of groupsByName) {
    if (names !== null && !names.includes(name)) continue;
    const own = overrides.get(name);
    const brokerKey = `group.${name}`;
    const isBrokers = Object.hasOwn(brokerKeys, brokerKey);
    const fallback = isBrokers ? effective.get(brokerKey as BrokerKeyName) : definition.default;
    const value = own ?? printed(fallback, definition);
    const inherited = isBrokers
      ? synonymsOfBrokerKey(brokerKey as BrokerKeyName, layers)
      : [{ name, value: printed(definition.default, definition), source: ConfigSource.DEFAULT }];
    const synonyms = own === undefined ? inherited : [{ name, value, source: ConfigSource.GROUP }, ...inherited];
    entries.push(entryOf(name, value, definition, synonyms));
  }
  return entries;
}

/** @param synonyms what gives the key a value, what counts first */
function entryOf(
  name: string,
  value: string | null,
  { type }: ConfigKey,
  synonyms: readonly SynonymEntry[],
): ConfigEntry {
  const source = synonyms[0]?.source ?? ConfigSource.DEFAULT;
  return {
    name,
    value,
    source,
    readOnly: false,
    isSensitive: type === "PASSWORD",
    configType: typeCodes[type],
    synonyms,
  };
}

function printed(value: ConfigKey["default"], definition: ConfigKey): string | null {
  return value === null || definition.type === "PASSWORD" ? null : formatValue(value, definition.type);
}
