import { Errors } from "../protocol/errors.ts";
import { type ConfigFailure } from "./config-failure.ts";

export const rootLogger = "root";
const validLevels: readonly string[] = ["DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"];

/** The levels of a node's loggers (KIP-412). They live in the process and are gone after a restart. */
export interface BrokerLoggers {
  /** By name; `rootLogger` is always there. */
  levels(): ReadonlyMap<string, string>;
  /** undefined as level takes a logger's own level away. Missing where levels are fixed while the node runs. */
  setLevel?(name: string, level: string | undefined): void;
}

interface LevelChange {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

/** Checks every change, then makes them; undefined when all is well. */
export function alterLoggers(
  loggers: BrokerLoggers,
  nodeId: number,
  resourceName: string,
  changes: readonly LevelChange[],
  validateOnly: boolean,
): ConfigFailure | undefined {
  if (!/^[+-]?\d+$/.test(resourceName)) return invalidRequest(`Node id must be an integer, but it is: ${resourceName}`);
  if (Number(resourceName) !== nodeId) {
    return invalidRequest(`Unexpected node id. Expected ${nodeId}, but received ${Number(resourceName)}`);
  }
  const known = loggers.levels();
  for (const change of changes) {
    const failure = failureOf(change, known);
    if (failure !== undefined) return failure;
  }
  if (loggers.setLevel === undefined) return invalidRequest("Log levels are fixed while this broker runs");
  if (validateOnly) return undefined;
  for (const { name, configOperation, value } of changes) {
    loggers.setLevel(name, configOperation === 0 ? (value ?? undefined) : undefined);
  }
  return undefined;
}

function failureOf(
  { name, configOperation, value }: LevelChange,
  known: ReadonlyMap<string, string>,
): ConfigFailure | undefined {
  if (configOperation === 2 || configOperation === 3) {
    const operation = configOperation === 2 ? "APPEND" : "SUBTRACT";
    return invalidRequest(`${operation} operation is not allowed for the BROKER_LOGGER resource`);
  }
  if (configOperation !== 0 && configOperation !== 1) {
    return invalidRequest(`Unknown operation type ${configOperation} is not allowed for the BROKER_LOGGER resource`);
  }
  if (!known.has(name)) return invalidConfig(`Logger ${name} does not exist!`);
  if (configOperation === 1) {
    if (name !== rootLogger) return undefined;
    return invalidRequest(`Removing the log level of the ${rootLogger} logger is not allowed`);
  }
  if (validLevels.includes(value ?? "")) return undefined;
  return invalidConfig(
    `Cannot set the log level of ${name} to ${value} as it is not a supported log level. Valid log levels are ${validLevels.join(", ")}`,
  );
}

function invalidRequest(message: string): ConfigFailure {
  return { errorCode: Errors.INVALID_REQUEST, errorMessage: message };
}

function invalidConfig(message: string): ConfigFailure {
  return { errorCode: Errors.INVALID_CONFIG, errorMessage: message };
}
