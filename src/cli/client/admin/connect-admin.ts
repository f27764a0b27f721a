import { ClientProperties, readProperties } from "../../command/properties.ts";
import { type Terminal } from "../../command/terminal.ts";
import { Admin } from "./admin.ts";
import { Cluster } from "../cluster.ts";
import { ClientError, ConfigurationError } from "../kafka-error.ts";
import { nodeClientPorts } from "../node-client-ports.ts";

const requestTimeoutMs = 30_000;
const apiTimeoutMs = 60_000;
const retryBackoffMs = 100;

export interface AdminOptions {
  readonly bootstrapServers: string;
  /** The addresses are those of controllers. */
  readonly ofControllers?: boolean;
  /** A properties file with further configurations of the client. */
  readonly propertiesFile: string | undefined;
  /** Unless the file has one. */
  readonly clientId?: string;
  readonly terminal: Terminal;
}

/**
 * Runs `work` with an admin client of the cluster.
 * @throws ClientError when a configuration of the client is wrong, and what `work` throws
 */
export function withAdmin<T>(options: AdminOptions, work: (admin: Admin) => Promise<T>): Promise<T> {
  return withCluster(options, (cluster, timeoutMs) => work(new Admin(cluster, timeoutMs, options.ofControllers)));
}

/**
 * Runs `work` with the cluster and the time that a call may take: for what `Admin` has no method for.
 * @throws ClientError when a configuration of the client is wrong, and what `work` throws
 */
export async function withCluster<T>(
  options: AdminOptions,
  work: (cluster: Cluster, timeoutMs: number) => Promise<T>,
): Promise<T> {
  const { propertiesFile, terminal } = options;
  const properties = new ClientProperties(propertiesFile === undefined ? new Map() : readProperties(propertiesFile));
  const timeouts = timeoutsOf(properties);
  const clientId = properties.text("client.id") ?? options.clientId ?? "adminclient-1";
  const cluster = await Cluster.create(nodeClientPorts, {
    bootstrapServers: options.bootstrapServers,
    clientId,
    logPrefix: `[AdminClient clientId=${clientId}]`,
    isAdmin: true,
    requestTimeoutMs: timeouts.requestMs,
    retryBackoffMs: properties.number("retry.backoff.ms", retryBackoffMs),
    log: terminal.log,
  }).catch((error: unknown) => {
    throw error instanceof ConfigurationError ? notCreated(error) : error;
  });
  try {
    return await work(cluster, timeouts.apiMs);
  } finally {
    cluster.close();
  }
}

function timeoutsOf(properties: ClientProperties): { requestMs: number; apiMs: number } {
  const requestMs = properties.number("request.timeout.ms", requestTimeoutMs);
  const apiMs = properties.number("default.api.timeout.ms", Math.max(apiTimeoutMs, requestMs));
  if (apiMs >= requestMs) return { requestMs, apiMs };
  throw notCreated(
    new ConfigurationError(
      "The specified value of default.api.timeout.ms must be no smaller than the value of request.timeout.ms.",
    ),
  );
}

function notCreated(cause: Error): ClientError {
  const kind = "org.apache.kafka.common.KafkaException";
  return new ClientError(kind, "Failed to create new KafkaAdminClient", false, cause);
}
