import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BrokerConfig } from "./config/broker-config.ts";
import { ConfigError } from "./config/config-key.ts";
import { createLogger } from "./io/node/node-logger.ts";
import { nodePorts } from "./io/node/ports.ts";
import { ensureFormatted } from "./server/ensure-formatted.ts";
import { createNode } from "./server/node.ts";

export { ConfigError };

export interface BrokerOptions {
  /** Port of the listener for clients; 0 (the default) lets the system choose a free one. */
  readonly port?: number;
  /** Address to bind and to advertise. Default "127.0.0.1". */
  readonly host?: string;
  /**
   * Where the records are; created and formatted when empty, and left there by `close`. Without one the broker takes a
   * temporary directory, which `close` removes.
   */
  readonly dataDirectory?: string;
  /** Keys of Kafka's `server.properties`, over the defaults for a single node. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** "silent" (the default), a level, or levels by component as in "warn,network=debug". Lines go to standard output. */
  readonly logLevel?: string;
}

export interface Broker {
  readonly host: string;
  /** The port that was bound. */
  readonly port: number;
  /** What to give a client: "host:port". */
  readonly bootstrapServers: string;
  readonly clusterId: string;
  readonly dataDirectory: string;
  /** Stops cleanly and leaves nothing open. A second call waits for the first. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a broker (with its controller) in this process and resolves when clients can use it.
 * @throws ConfigError when a key of `config` is none of Kafka's, or has a bad value
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const host = options.host ?? "127.0.0.1";
  const dataDirectory = resolve(options.dataDirectory ?? mkdtempSync(join(tmpdir(), "odradek-")));
  const removeDirectory = () => {
    if (options.dataDirectory === undefined) rmSync(dataDirectory, { recursive: true, force: true });
  };
  try {
    const config = new BrokerConfig(embeddedProperties(options, host, dataDirectory));
    refuseUnknown(config);
    const ports = nodePorts({ logger: createLogger({ levels: options.logLevel ?? "silent" }) });
    ensureFormatted(config, ports);
    const node = await createNode(config, ports, hostname());
    const port = node.boundPort("PLAINTEXT");
    let closing: Promise<void> | undefined;
    const close = () => (closing ??= node.close().finally(removeDirectory));
    return {
      host,
      port,
      bootstrapServers: `${host}:${port}`,
      clusterId: node.clusterId,
      dataDirectory,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    removeDirectory();
    throw error;
  }
}

/** A server warns of them at its start; here nobody would read a line, and the test would run with the default. */
function refuseUnknown({ unknown }: BrokerConfig): void {
  if (unknown.length === 0) return;
  const names = unknown.map((name) => `"${name}"`).join(", ");
  throw new ConfigError(`Unknown configuration ${names}: Kafka has no such key`);
}

function embeddedProperties(options: BrokerOptions, host: string, dataDirectory: string): Map<string, string> {
  const properties = new Map<string, string>([
    ["process.roles", "broker,controller"],
    ["node.id", "1"],
    ["listeners", `PLAINTEXT://${host}:${options.port ?? 0},CONTROLLER://${host}:0`],
    ["controller.listener.names", "CONTROLLER"],
    ["controller.quorum.bootstrap.servers", `${host}:0`],
    ["log.dirs", dataDirectory],
    ["offsets.topic.replication.factor", "1"],
    ["transaction.state.log.replication.factor", "1"],
    ["transaction.state.log.min.isr", "1"],
    ["share.coordinator.state.topic.replication.factor", "1"],
    ["share.coordinator.state.topic.min.isr", "1"],
    // A test has one member at a time and would only wait.
    ["group.initial.rebalance.delay.ms", "0"],
  ]);
  for (const [name, value] of Object.entries(options.config ?? {})) properties.set(name, String(value));
  return properties;
}
