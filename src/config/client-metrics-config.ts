import { ConfigError, formatValue, int, list, listOf, parseValue, type ConfigKey } from "./config-key.ts";

/** Every key of a client metrics subscription (KIP-714). */
export const clientMetricsKeys = {
  metrics: list([], { check: listOf(), importance: "MEDIUM" }),
  "interval.ms": int(300_000, { importance: "MEDIUM" }),
  match: list([], { check: listOf(), importance: "MEDIUM" }),
} as const satisfies Record<string, ConfigKey>;

export type ClientMetricsKeyName = keyof typeof clientMetricsKeys;

export interface ClientMetricsProblem {
  readonly kind: "invalid request" | "invalid config";
  readonly message: string;
}

const intervalMsMin = 100;
const intervalMsMax = 3_600_000;
const matchParameters: ReadonlySet<string> = new Set([
  "client_instance_id",
  "client_id",
  "client_software_name",
  "client_software_version",
  "client_source_address",
  "client_source_port",
]);

/** What is wrong with a subscription, worded as Kafka does; undefined when nothing is. */
export function clientMetricsProblem(
  subscription: string,
  overrides: ReadonlyMap<string, string>,
): ClientMetricsProblem | undefined {
  if (subscription === "") return { kind: "invalid request", message: "Subscription name can't be empty" };
  for (const name of overrides.keys()) {
    if (!Object.hasOwn(clientMetricsKeys, name)) {
      return { kind: "invalid request", message: `Unknown client metrics configuration: ${name}` };
    }
  }
  try {
    const values = new Map(
      [...overrides].map(([name, text]) => [
        name,
        parseValue(name, clientMetricsKeys[name as ClientMetricsKeyName], text),
      ]),
    );
    const intervalMs = values.get("interval.ms");
    if (typeof intervalMs === "number" && (intervalMs < intervalMsMin || intervalMs > intervalMsMax)) {
      const message = `Invalid value ${formatValue(intervalMs)} for interval.ms, interval must be between 100 and 3600000 (1 hour)`;
      return { kind: "invalid request", message };
    }
    const patterns = values.get("match");
    const illegal = Array.isArray(patterns) ? patterns.find((pattern: string) => !isPattern(pattern)) : undefined;
    if (illegal === undefined) return undefined;
    return { kind: "invalid config", message: `Illegal client matching pattern: ${illegal}` };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: "invalid config", message: error.message };
    throw error;
  }
}

/** `parameter=regular expression` */
function isPattern(text: string): boolean {
  const parts = text.split("=");
  if (parts.length !== 2 || parts[1] === "" || !matchParameters.has(parts[0]!.trim())) return false;
  try {
    RegExp(parts[1]!.trim());
    return true;
  } catch {
    return false;
  }
}
