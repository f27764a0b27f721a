import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { BrokerConfig } from "../../config/broker-config.ts";
import { ConfigError } from "../../config/config-key.ts";
import { propertiesFromEnvironment } from "../../config/environment.ts";
import { parseProperties } from "../../config/properties.ts";
import { keptAlive } from "../../io/node/kept-alive.ts";
import { createLogger } from "../../io/node/node-logger.ts";
import { nodeRuntime } from "../../io/node/node-runtime.ts";
import { nodePorts } from "../../io/node/ports.ts";
import { DiskError } from "../../io/ports.ts";
import { ensureFormatted } from "../../server/ensure-formatted.ts";
import { createNode } from "../../server/node.ts";
import { StartupError } from "../../server/startup-error.ts";
import { IdleCollection } from "./idle-collection.ts";
import { type ServerOptions } from "./server-options.ts";

/**
 * Runs a node in this process until SIGTERM or SIGINT. Resolves when it is ready, or with false when it could not start:
 * that is one message and exit code 1.
 */
export async function runServer(options: ServerOptions): Promise<boolean> {
  try {
    await start(options);
    return true;
  } catch (error) {
    // A disk's error names the path and what the system says about it.
    const expected = error instanceof ConfigError || error instanceof StartupError || error instanceof DiskError;
    process.stderr.write(`${expected ? error.message : String((error as Error).stack ?? error)}\n`);
    process.exitCode = 1;
    return false;
  }
}

async function start(options: ServerOptions): Promise<void> {
  const config = readConfig(options);
  const logger = createLogger({ levels: process.env["ODRADEK_LOG"], format: logFormat() });
  for (const name of config.unknown) logger.warn({}, `Unknown configuration "${name}": it is ignored`);
  for (const warning of config.warnings) logger.warn({}, warning);
  const ports = nodePorts({ logger });
  if (options.autoFormat) await ensureFormatted(config, ports);
  const node = await keptAlive(createNode(config, ports, hostname()));
  const { timers } = ports;
  const idleCollection = new IdleCollection({
    runtime: nodeRuntime,
    timers,
    logger,
    requestCount: () => node.requestCount(),
  });
  idleCollection.start();

  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    // As with the JVM a signal that comes again hurries nothing: left to the system it would end the stop half-way.
    if (isStopping) return;
    isStopping = true;
    idleCollection.stop();
    logger.info({}, `${signal}: shutting down`);
    keptAlive(node.close()).then(
      () => (process.exitCode ??= 0),
      (error: unknown) => {
        logger.error({ error }, "The shutdown failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  // A broken invariant: the process stops at once and in no good order, so that the next start looks at everything.
  process.once("uncaughtException", (error) => {
    logger.error({ error }, "An unforeseen error stops the node");
    process.exit(1);
  });
  // A node that had to stop by itself (its last log directory failed) exits as Kafka does, so that a supervisor sees it.
  void node.failed.then((error) => {
    logger.error({ error }, "The node stops");
    process.exit(1);
  });
}

function readConfig({ propertiesFile, overrides }: ServerOptions): BrokerConfig {
  const path = resolve(propertiesFile);
  if (!existsSync(path)) throw new StartupError(`No such properties file: ${path}`);
  const properties = parseProperties(readFileSync(path, "utf8"));
  for (const [name, value] of propertiesFromEnvironment(process.env)) properties.set(name, value);
  for (const override of overrides) {
    const equals = override.indexOf("=");
    if (equals <= 0) throw new StartupError(`--override takes name=value, not "${override}"`);
    properties.set(override.slice(0, equals).trim(), override.slice(equals + 1).trim());
  }
  return new BrokerConfig(properties);
}

function logFormat(): "text" | "json" | undefined {
  const format = process.env["ODRADEK_LOG_FORMAT"];
  if (format === undefined || format === "text" || format === "json") return format;
  throw new StartupError(`ODRADEK_LOG_FORMAT is "${format}"; it may be "text" or "json"`);
}
