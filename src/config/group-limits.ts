import { type BrokerConfig, type BrokerKeyName, type BrokerValue } from "./broker-config.ts";

type NumberKey = { [K in BrokerKeyName]: BrokerValue<K> extends number ? K : never }[BrokerKeyName];
type Relation = ">=" | "<=" | "<";
type Rule = readonly [one: NumberKey, relation: Relation, other: NumberKey];

const wording: Readonly<Record<Relation, string>> = {
  ">=": "must be greater than or equal to",
  "<=": "must be less than or equal to",
  "<": "must be less than",
};

/** In the order in which Kafka looks at them. */
const rules: readonly Rule[] = [
  ...rulesOf("consumer"),
  ...rulesOf("share"),
  ...rulesOf("streams"),
  ["group.streams.num.standby.replicas", "<=", "group.streams.max.standby.replicas"],
  ["group.share.max.delivery.count.limit", ">=", "group.share.delivery.count.limit"],
  ["group.share.delivery.count.limit", ">=", "group.share.min.delivery.count.limit"],
  ["group.share.max.partition.max.record.locks", ">=", "group.share.partition.max.record.locks"],
  ["group.share.partition.max.record.locks", ">=", "group.share.min.partition.max.record.locks"],
  ["group.share.record.lock.duration.ms", ">=", "group.share.min.record.lock.duration.ms"],
  ["group.share.max.record.lock.duration.ms", ">=", "group.share.record.lock.duration.ms"],
  ["group.share.max.share.sessions", ">=", "group.share.max.size"],
];

/** What is wrong with the broker's keys for groups taken together, worded as Kafka does; undefined when nothing is. */
export function groupLimitsProblem(config: BrokerConfig): string | undefined {
  if (!config.get("group.coordinator.rebalance.protocols").includes("classic")) {
    return "Disabling the 'classic' protocol is not supported.";
  }
  for (const [one, relation, other] of rules) {
    if (!holds(config.get(one), relation, config.get(other))) return `${one} ${wording[relation]} ${other}`;
  }
  return undefined;
}

type Kind = "consumer" | "share" | "streams";

function rulesOf(kind: Kind): Rule[] {
  return [
    ...boundsOf(kind, "heartbeat.interval.ms"),
    ...boundsOf(kind, "session.timeout.ms"),
    [`group.${kind}.heartbeat.interval.ms`, "<", `group.${kind}.session.timeout.ms`],
    ...boundsOf(kind, "assignment.interval.ms"),
  ];
}

function boundsOf(kind: Kind, name: "heartbeat.interval.ms" | "session.timeout.ms" | "assignment.interval.ms"): Rule[] {
  const [value, min, max] = [
    `group.${kind}.${name}`,
    `group.${kind}.min.${name}`,
    `group.${kind}.max.${name}`,
  ] as const;
  return [
    [max, ">=", min],
    [value, ">=", min],
    [value, "<=", max],
  ];
}

function holds(one: number, relation: Relation, other: number): boolean {
  if (relation === "<") return one < other;
  return relation === "<=" ? one <= other : one >= other;
}
