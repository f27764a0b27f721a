import { BrokerConfig } from "./broker-config.ts";
import { plannedForCopy } from "../base/java-hash.ts";
import { brokerKeys } from "./broker-keys.ts";
import { ConfigError, RequirementError, parseValue, type ConfigKey } from "./config-key.ts";
import { type BrokerLayers } from "./describe.ts";
import { transitionProblem } from "./dynamic-checks.ts";
import { inHashOrder } from "./key-order.ts";
import { quotaKeys } from "./quota-keys.ts";

/** `listener.name.NAME.key` sets a key for one listener. */
const listenerOverride = /^listener\.name\.[^.]*\.(.*)$/;
const keys: { readonly [name: string]: ConfigKey | undefined } = { ...quotaKeys, ...brokerKeys };

/** TLS settings that a running broker takes only for a certain listener. */
const securityKey = /^ssl\.(keystore|truststore)\.|^ssl\.key\.password$/;
/**
 * Why these values cannot become the dynamic configuration of a broker (or of all brokers), worded as Kafka does;
 * undefined when they can. `values` are all that the resource would have.
 */
export function dynamicBrokerConfigProblem(
  values: ReadonlyMap<string, string>,
  isPerBroker: boolean,
  layers: BrokerLayers,
): string | undefined {
  const names = inHashOrder(values.keys());
  const readOnly = inHashOrder(values.keys(), plannedForCopy(values.size)).filter(
    (name) => keys[name]?.update === "read-only",
  );
  if (readOnly.length > 0) return `Cannot update these configs dynamically: [${readOnly.join(", ")}]`;
  const unscoped = inHashOrder(names.filter((name) => securityKey.test(name)));
  if (unscoped.length > 0) {
    return `These security configs can be dynamically updated only per-listener using the listener prefix: [${unscoped.join(", ")}]`;
  }
  try {
    checkValues(values);
    const perBroker = isPerBroker ? [] : inHashOrder(names.filter(isPerBrokerKey));
    if (perBroker.length > 0) {
      return `Cannot update these configs at default cluster level, broker id must be specified: [${perBroker.join(", ")}]`;
    }
    const current = new BrokerConfig(merged(layers.statics, layers.dynamicDefault, layers.dynamic));
    const next = isPerBroker
      ? new BrokerConfig(merged(layers.statics, layers.dynamicDefault, values))
      : new BrokerConfig(merged(layers.statics, values, layers.dynamic));
    return stepProblem(current, next);
  } catch (error) {
    if (error instanceof RequirementError) return `requirement failed: ${error.message}`;
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** @throws ConfigError for the first value that is refused, in the order of the keys */
function checkValues(values: ReadonlyMap<string, string>): void {
  const textsOf = new Map<string, string[]>();
  for (const [name, text] of values) {
    const baseName = listenerOverride.exec(name)?.[1] ?? name;
    textsOf.set(baseName, [...(textsOf.get(baseName) ?? []), text]);
  }
  for (const [name, definition] of Object.entries(keys)) {
    if (definition === undefined || definition.update === "read-only") continue;
    for (const text of textsOf.get(name) ?? []) parseValue(name, definition, text);
  }
}

/** The values of a resource that the broker goes by: those that it cannot use are passed over. */
export function usableDynamicConfig(
  values: ReadonlyMap<string, string>,
  isPerBroker: boolean,
): ReadonlyMap<string, string> {
  return new Map([...values].filter(([name, text]) => isUsable(name, text, isPerBroker)));
}

function isUsable(name: string, text: string, isPerBroker: boolean): boolean {
  const baseName = listenerOverride.exec(name)?.[1] ?? name;
  const definition = keys[baseName];
  if (definition === undefined) return true;
  if (keys[name]?.update === "read-only" || securityKey.test(name)) return false;
  if (!isPerBroker && isPerBrokerKey(name)) return false;
  try {
    parseValue(baseName, definition, text);
    return true;
  } catch {
    return false;
  }
}

function isPerBrokerKey(name: string): boolean {
  const override = listenerOverride.exec(name)?.[1];
  if (override === undefined) return keys[name]?.update === "per-broker";
  return keys[override]?.update !== "cluster-wide";
}

function merged(
  statics: BrokerConfig,
  weaker: ReadonlyMap<string, string>,
  stronger: ReadonlyMap<string, string>,
): Map<string, string> {
  return new Map([...statics.originals, ...weaker, ...stronger]);
}

function stepProblem(current: BrokerConfig, next: BrokerConfig): string | undefined {
  const problem = transitionProblem(current, next);
  // Kafka's own message names the exception in it.
  return problem === undefined
    ? undefined
    : `Invalid value org.apache.kafka.common.config.ConfigException: ${problem} for configuration Invalid dynamic configuration`;
}
