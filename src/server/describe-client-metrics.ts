import { clientMetricsKeys } from "../config/client-metrics-config.ts";
import { formatValue } from "../config/config-key.ts";
import { ConfigSource, type ConfigEntry } from "../config/describe.ts";

/** Codes of DescribeConfigs. */
const typeCodes: { readonly [type: string]: number } = { INT: 3, LIST: 7 };

/** Every key of a client metrics subscription, for one with these overrides; null `names` asks for all. */
export function describeClientMetrics(
  overrides: ReadonlyMap<string, string>,
  names: readonly string[] | null,
): ConfigEntry[] {
  return Object.entries(clientMetricsKeys)
    .filter(([name]) => names === null || names.includes(name))
    .map(([name, definition]) => {
      const own = overrides.get(name);
      const value = own ?? formatValue(definition.default, definition.type);
      const source = own === undefined ? ConfigSource.DEFAULT : ConfigSource.CLIENT_METRICS;
      return {
        name,
        value,
        source,
        readOnly: false,
        isSensitive: false,
        configType: typeCodes[definition.type] ?? 0,
        synonyms: own === undefined ? [] : [{ name, value, source }],
      };
    });
}
