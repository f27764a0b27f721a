import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { addressText } from "./base/address-text.ts";
import { BrokerConfig } from "./config/broker-config.ts";
import { ConfigError } from "./config/config-key.ts";
import { keptAlive } from "./io/node/kept-alive.ts";
import { createLogger } from "./io/node/node-logger.ts";
import { nodePorts } from "./io/node/ports.ts";
import { ensureFormatted } from "./server/ensure-formatted.ts";
import { createNode } from "./server/node.ts";

export { ConfigError };

export interface BrokerOptions {
  /** Port of the listener for clients; 0 (the default) lets the system choose a free one. */
  readonly port?: number | undefined;
  /** Address to bind and to advertise. Default "127.0.0.1". */
  readonly host?: string | undefined;
  /**
   * Where the records are; created and formatted when empty, and left there by `close`. Without one, and without `log.dirs`
   * in `config`, the broker takes a temporary directory, which `close` removes.
   */
  readonly dataDirectory?: string | undefined;
  /** Keys of Kafka's `server.properties`, over the defaults for a single node. */
  readonly config?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** "silent" (the default), a level, or levels by component as in "warn,network=debug". Lines go to standard output. */
  readonly logLevel?: string | undefined;
}

export interface Broker {
  readonly host: string;
  /** The port that was bound. */
  readonly port: number;
  /** What to give a client: "host:port". */
  readonly bootstrapServers: string;
  readonly clusterId: string;
  /** The first one, where `log.dirs` names several. */
  readonly dataDirectory: string;
  /** Stops cleanly and leaves nothing open. A second call waits for the first. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a broker (with its controller) in this process and resolves when clients can use it.
 * @throws ConfigError when an option or a key of `config` is unknown, has a bad value, or contradicts another
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const given = givenProperties(options);
  const temporary = hasDirectories(options, given) ? undefined : mkdtempSync(join(tmpdir(), "odradek-"));
  const removeDirectory = () => {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  };
  try {
    const config = new BrokerConfig(embeddedProperties(options, temporary, given));
    refuseUnknown(config);
    const ports = nodePorts({ logger: createLogger({ levels: options.logLevel ?? "silent" }) });
    await ensureFormatted(config, ports);
    const node = await keptAlive(createNode(config, ports, hostname()));
    // Every broker advertises one: a configuration without is refused.
    const { name, host } = config.advertisedListeners[0]!;
    const boundHost = host === "" ? defaultHost : host;
    const port = node.boundPort(name);
    let closing: Promise<void> | undefined;
    const close = () => (closing ??= keptAlive(node.close()).finally(removeDirectory));
    return {
      host: boundHost,
      port,
      bootstrapServers: addressText(boundHost, port),
      clusterId: node.clusterId,
      dataDirectory: config.logDirs[0]!,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    removeDirectory();
    throw error;
  }
}

const defaultHost = "127.0.0.1";

/** What is wrong with an option that is given; undefined when nothing is. */
const optionProblems: { readonly [N in keyof BrokerOptions]-?: (value: unknown) => string | undefined } = {
  port: (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535
      ? undefined
      : "it takes an integer from 0 to 65535",
  host: (value) => nonEmptyStringProblem(value),
  dataDirectory: (value) => nonEmptyStringProblem(value),
  config: (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? undefined
      : "it takes an object with keys of Kafka's server.properties",
  logLevel: (value) => nonEmptyStringProblem(value),
};

function nonEmptyStringProblem(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? undefined : "it takes a non-empty string";
}

/**
 * The keys of `config` with a value, as text.
 * @throws ConfigError for options of which none of our callers' compilers has heard: most tests are plain JavaScript
 */
function givenProperties(options: BrokerOptions): Map<string, string> {
  const given: unknown = options;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new ConfigError(
      `startBroker takes an object with any of ${Object.keys(optionProblems).join(", ")}, or nothing, not ${asText(given)}`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(optionProblems, name)) {
      throw new ConfigError(
        `startBroker has no option "${name}": it takes ${Object.keys(optionProblems).join(", ")}; keys of Kafka's server.properties go into config`,
      );
    }
    const problem = value === undefined ? undefined : optionProblems[name as keyof BrokerOptions](value);
    if (problem !== undefined) {
      throw new ConfigError(`Invalid value ${asText(value)} for the option "${name}" of startBroker: ${problem}`);
    }
  }
  const properties = new Map<string, string>();
  for (const [name, value] of Object.entries(options.config ?? {}) as [string, unknown][]) {
    if (value === undefined) continue;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      throw new ConfigError(
        `Invalid value ${asText(value)} for configuration ${name}: config takes strings, numbers and booleans; the entries of a list stand in one string, with commas between them`,
      );
    }
    properties.set(name, String(value));
  }
  if (properties.has("listeners")) refuseBeside(options, ["port", "host"], "listeners");
  return properties;
}

/** Whether the records go where the caller says. @throws ConfigError when it is said twice */
function hasDirectories(options: BrokerOptions, given: ReadonlyMap<string, string>): boolean {
  const key = ["log.dirs", "log.dir"].find((name) => given.has(name));
  if (key !== undefined) refuseBeside(options, ["dataDirectory"], key);
  return key !== undefined || options.dataDirectory !== undefined;
}

function refuseBeside(options: BrokerOptions, names: readonly (keyof BrokerOptions)[], key: string): void {
  const name = names.find((candidate) => options[candidate] !== undefined);
  if (name === undefined) return;
  throw new ConfigError(
    `The option "${name}" of startBroker and "${key}" of its config say the same: give one of them`,
  );
}

/** A server warns of them at its start; here nobody would read a line, and the test would run with the default. */
function refuseUnknown({ unknown }: BrokerConfig): void {
  if (unknown.length === 0) return;
  const names = unknown.map((name) => `"${name}"`).join(", ");
  throw new ConfigError(`Unknown configuration ${names}: Kafka has no such key`);
}

function embeddedProperties(
  options: BrokerOptions,
  temporary: string | undefined,
  given: ReadonlyMap<string, string>,
): Map<string, string> {
  const { host = defaultHost, port = 0 } = options;
  const controllerAddress = addressText(host, 0);
  const directory = options.dataDirectory ?? temporary;
  return new Map([
    ["process.roles", "broker,controller"],
    ["node.id", "1"],
    ["listeners", `PLAINTEXT://${addressText(host, port)},CONTROLLER://${controllerAddress}`],
    ["controller.listener.names", "CONTROLLER"],
    ["controller.quorum.bootstrap.servers", controllerAddress],
    ...(directory === undefined ? [] : [["log.dirs", directory] as const]),
    ["offsets.topic.replication.factor", "1"],
    ["transaction.state.log.replication.factor", "1"],
    ["transaction.state.log.min.isr", "1"],
    ["share.coordinator.state.topic.replication.factor", "1"],
    ["share.coordinator.state.topic.min.isr", "1"],
    // A test has one member at a time and would only wait.
    ["group.initial.rebalance.delay.ms", "0"],
    ...given,
  ]);
}

function asText(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : (JSON.stringify(value) ?? String(value));
}
