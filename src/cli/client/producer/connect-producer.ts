import { type Compute } from "../../../io/ports.ts";
import { type ClientProperties } from "../../command/properties.ts";
import { type Terminal } from "../../command/terminal.ts";
import { Cluster } from "../cluster.ts";
import { ClientError, ConfigurationError } from "../kafka-error.ts";
import { nodeClientPorts } from "../node-client-ports.ts";
import { Producer } from "./producer.ts";
import { producerSettings } from "./producer-settings.ts";
import { ProducerTransactions } from "./producer-transactions.ts";

export interface ConnectedProducer {
  readonly cluster: Cluster;
  readonly producer: Producer;
  /** When the properties name a transactional id. */
  readonly transactions: ProducerTransactions | undefined;
}

/**
 * A producer with the properties that were given, in Kafka's names.
 * @throws ClientError when one of them is wrong
 */
export async function connectProducer(properties: ClientProperties, terminal: Terminal): Promise<ConnectedProducer> {
  try {
    return await connect(properties, terminal);
  } catch (error) {
    if (!(error instanceof ConfigurationError) || error.message.startsWith("Invalid value")) throw error;
    throw new ClientError("org.apache.kafka.common.KafkaException", "Failed to construct kafka producer", false, error);
  }
}

async function connect(properties: ClientProperties, terminal: Terminal): Promise<ConnectedProducer> {
  const settings = producerSettings(properties);
  const transactionalId = properties.text("transactional.id");
  if (transactionalId !== undefined && !settings.isIdempotent) {
    throw new ConfigurationError("Cannot set a transactional.id without also enabling idempotence.");
  }
  const clientId = properties.text("client.id") ?? "producer-1";
  const named = transactionalId === undefined ? "" : `, transactionalId=${transactionalId}`;
  const cluster = await Cluster.create(nodeClientPorts, {
    bootstrapServers: properties.text("bootstrap.servers") ?? "",
    clientId,
    logPrefix: `[Producer clientId=${clientId}${named}]`,
    isAdmin: false,
    requestTimeoutMs: settings.requestTimeoutMs,
    retryBackoffMs: properties.number("retry.backoff.ms", 100),
    log: terminal.log,
  });
  const transactions =
    transactionalId === undefined
      ? undefined
      : new ProducerTransactions(
          cluster,
          transactionalId,
          properties.number("transaction.timeout.ms", 60_000),
          settings.maxBlockMs,
        );
  const producer = new Producer(cluster, await loadCompute(settings.compression), settings, transactions);
  return { cluster, producer, transactions };
}

/** The codecs are native libraries: loaded only when one is used. */
async function loadCompute(compression: string): Promise<Compute> {
  if (compression !== "none") return (await import("../../../io/node/node-compute.ts")).nodeCompute;
  const unused = () => Promise.reject(new Error("nothing is compressed"));
  return { compress: unused, decompress: unused };
}
