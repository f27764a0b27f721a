import { Errors } from "../protocol/errors.ts";
import { ApiError } from "./api-error.ts";

const intervalMsMin = 100;
const intervalMsMax = 3_600_000;
const matchParameters: ReadonlySet<string> = new Set([
  "client_id",
  "client_instance_id",
  "client_software_name",
  "client_software_version",
  "client_source_address",
  "client_source_port",
]);
const names: ReadonlySet<string> = new Set(["metrics", "interval.ms", "match"]);

/** Checks a client metrics subscription (KIP-714). */
export function clientMetricsConfigsProblem(
  subscription: string,
  overrides: ReadonlyMap<string, string>,
): ApiError | undefined {
  if (subscription === "") return new ApiError(Errors.INVALID_REQUEST, "Subscription name can't be empty");
  for (const name of overrides.keys()) {
    if (!names.has(name)) return new ApiError(Errors.INVALID_REQUEST, `Unknown client metrics configuration: ${name}`);
  }
  return intervalProblem(overrides.get("interval.ms")) ?? matchProblem(overrides.get("match"));
}

function intervalProblem(text: string | undefined): ApiError | undefined {
  if (text === undefined) return undefined;
  if (!/^\s*[+-]?\d+\s*$/.test(text)) {
    return new ApiError(
      Errors.INVALID_CONFIG,
      `Invalid value ${text} for configuration interval.ms: Not a number of type INT`,
    );
  }
  const intervalMs = Number(text);
  if (intervalMs >= intervalMsMin && intervalMs <= intervalMsMax) return undefined;
  return new ApiError(
    Errors.INVALID_REQUEST,
    `Invalid value ${intervalMs} for interval.ms, interval must be between 100 and 3600000 (1 hour)`,
  );
}

function matchProblem(text: string | undefined): ApiError | undefined {
  for (const pattern of text?.split(",").map((each) => each.trim()) ?? []) {
    if (pattern === "") continue;
    const [parameter = "", value = "", ...rest] = pattern.split("=");
    if (value === "" || rest.length > 0 || !matchParameters.has(parameter.trim()) || !isPattern(value.trim())) {
      return new ApiError(Errors.INVALID_CONFIG, `Illegal client matching pattern: ${pattern}`);
    }
  }
  return undefined;
}

function isPattern(text: string): boolean {
  try {
    void new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
