import { type BrokerConfig, type BrokerKeyName } from "./broker-config.ts";
import { brokerKeys } from "./broker-keys.ts";
import { ConfigError, type ConfigKey, type ConfigValue, formatValue, longMax, parseValue } from "./config-key.ts";
import { inHashOrder, parseGiven } from "./key-order.ts";
import { topicKeys } from "./topic-keys.ts";

export type TopicKeyName = keyof typeof topicKeys;
export type TopicValue<K extends TopicKeyName> = (typeof topicKeys)[K] extends ConfigKey<infer T> ? T : never;

/** A broker key that gives a topic key its default, and what one of its units is in the topic key's. */
export interface Synonym {
  readonly name: BrokerKeyName;
  readonly factor: number;
}

const minutes = 60_000;
const hours = 60 * minutes;
const same = (name: BrokerKeyName): readonly Synonym[] => [{ name, factor: 1 }];

/** The first that is set counts. Topic keys that are not here have no counterpart in the broker's configuration. */
export const topicSynonyms: Partial<Record<TopicKeyName, readonly Synonym[]>> = {
  "segment.bytes": same("log.segment.bytes"),
  "segment.ms": [
    { name: "log.roll.ms", factor: 1 },
    { name: "log.roll.hours", factor: hours },
  ],
  "segment.jitter.ms": [
    { name: "log.roll.jitter.ms", factor: 1 },
    { name: "log.roll.jitter.hours", factor: hours },
  ],
  "segment.index.bytes": same("log.index.size.max.bytes"),
  "flush.messages": same("log.flush.interval.messages"),
  "flush.ms": [
    { name: "log.flush.interval.ms", factor: 1 },
    { name: "log.flush.scheduler.interval.ms", factor: 1 },
  ],
  "retention.bytes": same("log.retention.bytes"),
  "retention.ms": [
    { name: "log.retention.ms", factor: 1 },
    { name: "log.retention.minutes", factor: minutes },
    { name: "log.retention.hours", factor: hours },
  ],
  "max.message.bytes": same("message.max.bytes"),
  "index.interval.bytes": same("log.index.interval.bytes"),
  "delete.retention.ms": same("log.cleaner.delete.retention.ms"),
  "min.compaction.lag.ms": same("log.cleaner.min.compaction.lag.ms"),
  "max.compaction.lag.ms": same("log.cleaner.max.compaction.lag.ms"),
  "file.delete.delay.ms": same("log.segment.delete.delay.ms"),
  "min.cleanable.dirty.ratio": same("log.cleaner.min.cleanable.ratio"),
  "cleanup.policy": same("log.cleanup.policy"),
  "unclean.leader.election.enable": same("unclean.leader.election.enable"),
  "min.insync.replicas": same("min.insync.replicas"),
  "compression.type": same("compression.type"),
  "compression.gzip.level": same("compression.gzip.level"),
  "compression.lz4.level": same("compression.lz4.level"),
  "compression.zstd.level": same("compression.zstd.level"),
  preallocate: same("log.preallocate"),
  "message.timestamp.type": same("log.message.timestamp.type"),
  "message.timestamp.before.max.ms": same("log.message.timestamp.before.max.ms"),
  "message.timestamp.after.max.ms": same("log.message.timestamp.after.max.ms"),
  "local.retention.ms": same("log.local.retention.ms"),
  "local.retention.bytes": same("log.local.retention.bytes"),
};

/** A topic's effective configuration: its overrides over the broker's defaults. */
export class TopicConfig {
  readonly overrides: ReadonlyMap<string, string>;
  readonly #broker: BrokerConfig;
  readonly #values = new Map<TopicKeyName, ConfigValue | null>();

  /** @param broker with its dynamic configurations applied */
  constructor(overrides: ReadonlyMap<string, string>, broker: BrokerConfig) {
    this.overrides = overrides;
    this.#broker = broker;
  }

  get<K extends TopicKeyName>(name: K): TopicValue<K> {
    let value = this.#values.get(name);
    if (value === undefined) {
      value = this.#resolve(name);
      this.#values.set(name, value);
    }
    return value as TopicValue<K>;
  }

  #resolve(name: TopicKeyName): ConfigValue | null {
    const definition: ConfigKey = topicKeys[name];
    const text = this.overrides.get(name);
    if (text !== undefined) return parseValue(name, definition, text);
    return brokerDefault(name, this.#broker) ?? definition.default;
  }
}

function brokerDefault(name: TopicKeyName, broker: BrokerConfig): ConfigValue | null {
  const synonyms = topicSynonyms[name] ?? [];
  for (const { name: synonym, factor } of synonyms) {
    const value: ConfigValue | null = broker.get(synonym);
    const isLast = synonym === synonyms.at(-1)?.name;
    // A default of an earlier synonym must not hide a value that was given for a later one.
    if (value === null || (!isLast && !broker.originals.has(synonym) && brokerKeys[synonym].default === null)) continue;
    if (typeof value !== "number" || factor === 1) return value;
    return value < 0 ? -1 : Math.min(value * factor, longMax);
  }
  return null;
}

/** What is wrong with a topic's overrides, worded as Kafka does; undefined when nothing is. */
export function topicConfigsProblem(overrides: ReadonlyMap<string, string>, broker: BrokerConfig): string | undefined {
  const unknown = inHashOrder(overrides.keys()).find((name) => !Object.hasOwn(topicKeys, name));
  if (unknown !== undefined) return `Unknown topic config name: ${unknown}`;
  try {
    parseGiven(topicKeys, overrides);
    return crossCheck(new TopicConfig(overrides, broker), broker);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

function crossCheck(config: TopicConfig, broker: BrokerConfig): string | undefined {
  if (config.get("max.compaction.lag.ms") < config.get("min.compaction.lag.ms")) {
    return `conflict topic config setting min.compaction.lag.ms (${formatValue(config.get("min.compaction.lag.ms"))}) > max.compaction.lag.ms (${formatValue(config.get("max.compaction.lag.ms"))})`;
  }
  if (config.get("remote.storage.enable")) {
    if (!broker.get("remote.log.storage.system.enable")) {
      return "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.";
    }
    if (config.get("cleanup.policy").includes("compact")) {
      return "Remote log storage only supports topics with cleanup.policy=delete or cleanup.policy being an empty list.";
    }
  }
  return undefined;
}
