import { type BrokerConfig, type BrokerKeyName, type BrokerValue } from "./broker-config.ts";
import { brokerKeys } from "./broker-keys.ts";
import { parseValue } from "./config-key.ts";

type NumberKey = { [K in BrokerKeyName]: BrokerValue<K> extends number ? K : never }[BrokerKeyName];

/** Sizes of thread pools, which Kafka changes only by steps of at most a factor of two. */
const threadPools = [
  "num.io.threads",
  "num.replica.fetchers",
  "num.recovery.threads.per.data.dir",
  "background.threads",
  "remote.log.reader.threads",
  "remote.log.manager.copier.thread.pool.size",
  "remote.log.manager.expiration.thread.pool.size",
  "remote.log.manager.follower.thread.pool.size",
] as const;
/** The one reporter that Kafka brings along. */
const ownReporter = "org.apache.kafka.common.metrics.JmxReporter";

/**
 * Why a running broker cannot go over from one configuration to the other, although a broker could start with the new one;
 * worded as Kafka does.
 */
export function transitionProblem(from: BrokerConfig, to: BrokerConfig): string | undefined {
  for (const problem of transitionProblems(from, to)) return problem;
  return undefined;
}

function* transitionProblems(from: BrokerConfig, to: BrokerConfig): Generator<string> {
  if (to.get("metric.reporters").some((name) => name !== ownReporter)) {
    yield "Validation of dynamic config update of Set(metric.reporters) failed with class class kafka.server.DynamicMetricsReporters";
  }
  if (listenerNames(from) !== listenerNames(to)) {
    yield `Listeners ${listenerNames(from)} cannot be added or removed while the broker runs: set listeners in its properties and restart it`;
  }
  for (const { name } of to.listeners) yield* listenerProblems(name, from, to);
  yield* cleanerProblems(from.get("log.cleaner.threads"), to.get("log.cleaner.threads"));
  for (const name of threadPools) yield* threadsProblems(name, from.get(name), to.get(name));
  yield* localRetentionProblems("log.local.retention.ms", "log.retention.ms", to, retentionMs(to));
  yield* localRetentionProblems("log.local.retention.bytes", "log.retention.bytes", to, to.get("log.retention.bytes"));
}

function listenerNames({ listeners }: BrokerConfig): string {
  return listeners
    .map(({ name }) => name)
    .sort()
    .join(",");
}

/** What can be set for one listener, with the node's value where it is not. */
function* listenerProblems(listener: string, from: BrokerConfig, to: BrokerConfig): Generator<string> {
  for (const key of ["max.connections", "max.connection.creation.rate"] as const) {
    const value = ofListener(to, listener, key);
    if (value <= 0 && value !== ofListener(from, listener, key)) yield `Invalid ${key} ${value}`;
  }
  const key = "num.network.threads";
  yield* threadsProblems(key, ofListener(from, listener, key), ofListener(to, listener, key));
}

function ofListener(config: BrokerConfig, listener: string, key: NumberKey): number {
  const text = config.originals.get(`listener.name.${listener.toLowerCase()}.${key}`);
  return text === undefined ? config.get(key) : Number(parseValue(key, brokerKeys[key], text));
}

function* threadsProblems(name: string, from: number, to: number): Generator<string> {
  const reason = `Dynamic thread count update validation failed for ${name}=${to}`;
  if (to === from) return;
  if (to < Math.floor(from / 2)) yield `${reason}, value should be at least half the current value ${from}`;
  if (to > from * 2) yield `${reason}, value should not be greater than double the current value ${from}`;
}

function* cleanerProblems(from: number, to: number): Generator<string> {
  const reason = "Log cleaner threads cannot be";
  if (to < 1) yield "Log cleaner threads should be at least 1";
  if (to < Math.floor(from / 2)) yield `${reason} reduced to less than half the current value ${from}`;
  if (to > from * 2) yield `${reason} increased to more than double the current value ${from}`;
}

function* localRetentionProblems(
  key: "log.local.retention.ms" | "log.local.retention.bytes",
  totalKey: string,
  to: BrokerConfig,
  total: number,
): Generator<string> {
  const local = to.get(key);
  if (total < 0 || local === -2) return;
  const reason = `Invalid value ${local} for configuration ${key}: Value must not be`;
  if (local === -1) yield `${reason} -1 as ${totalKey} value is set as ${total}.`;
  if (local > total) yield `${reason} more than ${totalKey} property value: ${total}`;
}

/** `log.retention.ms`, or what stands in for it; -1 for no limit. */
export function retentionMs(config: BrokerConfig): number {
  const minutes = config.get("log.retention.minutes");
  const ms = config.get("log.retention.ms") ?? (minutes ?? config.get("log.retention.hours") * 60) * 60_000;
  return ms < 0 ? -1 : ms;
}
