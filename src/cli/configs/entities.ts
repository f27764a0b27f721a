import { type ConfigsOptions } from "./configs-options.ts";

/** What has configurations, in the order in which Kafka lists the types. */
export const entityTypes = [
  "topics",
  "clients",
  "users",
  "brokers",
  "ips",
  "client-metrics",
  "groups",
  "broker-loggers",
] as const;

/** The options that name an entity and its type at once. */
const flags = {
  topic: "topics",
  client: "clients",
  user: "users",
  broker: "brokers",
  "broker-logger": "broker-loggers",
  ip: "ips",
  "client-metrics": "client-metrics",
  group: "groups",
} as const;

/** Those for what holds for all of a type. */
const defaultFlags = {
  "client-defaults": "clients",
  "user-defaults": "users",
  "broker-defaults": "brokers",
  "ip-defaults": "ips",
} as const;

const flagNames = Object.keys(flags) as (keyof typeof flags)[];
const defaultFlagNames = Object.keys(defaultFlags) as (keyof typeof defaultFlags)[];

export interface Entities {
  readonly types: readonly string[];
  /** An empty name stands for the defaults of its type. */
  readonly names: readonly string[];
  /** Whether an option was given that names an entity and its type at once. */
  readonly hasFlag: boolean;
}

export function entitiesOf(options: ConfigsOptions): Entities {
  const given = flagNames.filter((name) => options.has(name));
  const defaults = defaultFlagNames.filter((name) => options.has(name));
  return {
    types: [
      ...options.all("entity-type"),
      ...given.map((name) => flags[name]),
      ...defaults.map((name) => defaultFlags[name]),
    ],
    names: [
      ...options.all("entity-name"),
      ...(options.has("entity-default") ? [""] : []),
      ...given.map((name) => options.value(name) ?? ""),
      ...defaults.map(() => ""),
    ],
    hasFlag: given.length + defaults.length > 0,
  };
}
