import { type BrokerConfig, type BrokerKeyName } from "./broker-config.ts";
import { brokerKeys } from "./broker-keys.ts";
import { ConfigError, type ConfigValue } from "./config-key.ts";
import { groupKeys } from "./group-keys.ts";
import { inHashOrder, parseGiven } from "./key-order.ts";

export type GroupKeyName = keyof typeof groupKeys;

function isGroupKey(name: string): name is GroupKeyName {
  return Object.hasOwn(groupKeys, name);
}

/** Keys that the broker's configuration bounds, in the order in which Kafka checks them. */
const boundedKeys: readonly GroupKeyName[] = [
  "consumer.heartbeat.interval.ms",
  "consumer.session.timeout.ms",
  "consumer.assignment.interval.ms",
  "share.heartbeat.interval.ms",
  "share.session.timeout.ms",
  "share.record.lock.duration.ms",
  "share.delivery.count.limit",
  "share.partition.max.record.locks",
  "share.assignment.interval.ms",
  "streams.heartbeat.interval.ms",
  "streams.session.timeout.ms",
  "streams.num.standby.replicas",
  "streams.assignment.interval.ms",
];

/** What is wrong with a group's overrides, worded as Kafka does; undefined when nothing is. */
export function groupConfigsProblem(overrides: ReadonlyMap<string, string>, broker: BrokerConfig): string | undefined {
  const values = new Map<GroupKeyName, ConfigValue>();
  for (const name of Object.keys(groupKeys) as GroupKeyName[]) values.set(name, brokersValue(name, broker));
  // Kafka looks for them among all keys that a group has.
  const unknown = inHashOrder(new Set([...values.keys(), ...overrides.keys()])).find((name) => !isGroupKey(name));
  if (unknown !== undefined) return `Unknown group config name: ${unknown}`;
  try {
    for (const [name, value] of parseGiven(groupKeys, overrides)) values.set(name as GroupKeyName, value);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  for (const name of boundedKeys) {
    // Kafka takes the broker's own assignment intervals as they are.
    if (name.endsWith(".assignment.interval.ms") && !overrides.has(name)) continue;
    const problem = boundProblem(name, Number(values.get(name)), broker);
    if (problem !== undefined) return problem;
  }
  for (const kind of ["consumer", "share", "streams"] as const) {
    const [session, heartbeat] = [`${kind}.session.timeout.ms`, `${kind}.heartbeat.interval.ms`] as const;
    if (Number(values.get(session)) <= Number(values.get(heartbeat))) {
      return `${session} must be greater than ${heartbeat}`;
    }
  }
  return undefined;
}

/** The value of a group without overrides. */
function brokersValue(name: GroupKeyName, broker: BrokerConfig): ConfigValue {
  const brokerKey = `group.${name}`;
  return isBrokerKey(brokerKey) ? (broker.get(brokerKey) ?? groupKeys[name].default) : groupKeys[name].default;
}

function boundProblem(name: GroupKeyName, value: number, broker: BrokerConfig): string | undefined {
  // group.consumer.min.session.timeout.ms bounds consumer.session.timeout.ms.
  const [kind, ...rest] = name.replace(".num.standby.", ".standby.").split(".");
  const [min, max] = (["min", "max"] as const).map((bound) => `group.${kind}.${bound}.${rest.join(".")}`);
  if (isBrokerKey(min) && value < Number(broker.get(min))) return `${name} must be greater than or equal to ${min}`;
  if (isBrokerKey(max) && value > Number(broker.get(max))) return `${name} must be less than or equal to ${max}`;
  return undefined;
}

function isBrokerKey(name: string | undefined): name is BrokerKeyName {
  return name !== undefined && Object.hasOwn(brokerKeys, name);
}
