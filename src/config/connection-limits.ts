import { ConfigError } from "./config-key.ts";

/**
 * `max.connections.per.ip.overrides`: `address:limit,…`, the limit behind the last colon.
 * @throws ConfigError
 */
export function parseIpOverrides(text: string): ReadonlyMap<string, number> {
  const overrides = new Map<string, number>();
  for (const entry of text.split(",").map((each) => each.trim())) {
    if (entry === "") continue;
    const [, host, limit] = /^(.+):\s*(\d+)$/.exec(entry) ?? [];
    const addresses = host === "localhost" ? ["127.0.0.1", "::1"] : [host?.replace(/^\[|\]$/g, "") ?? ""];
    for (const address of addresses) {
      if (!/^(\d+\.){3}\d+$|:/.test(address)) {
        throw new ConfigError(
          `Invalid value ${text} for configuration max.connections.per.ip.overrides: "${entry}" is not address:limit (names other than localhost are not resolved)`,
        );
      }
      overrides.set(address, Number(limit));
    }
  }
  return overrides;
}
