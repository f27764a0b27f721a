import { lookup } from "node:dns/promises";
import { zeroUuid } from "../../base/uuid.ts";
import { type Uuid } from "../../base/brand.ts";
import { Backoff } from "../../io/backoff.ts";
import { type Clock, type Net, NetError, type Random, type SocketAddress, type Timers } from "../../io/ports.ts";
import { type ApiName, type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { errorName, Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type ToolLog } from "../command/terminal.ts";
import { Connection } from "./connection.ts";
import { ClientError, ConfigurationError, DisconnectError, KafkaError, TimeoutError } from "./kafka-error.ts";
import { KnownTopics, type TopicInfo } from "./known-topics.ts";

export interface ClientPorts {
  readonly net: Net;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

export interface ClusterOptions {
  /** `host:port,host:port` */
  readonly bootstrapServers: string;
  readonly clientId: string;
  /** How the client calls itself in log lines: "[Producer clientId=console-producer]". */
  readonly logPrefix: string;
  /** Kafka's admin client logs less. */
  readonly isAdmin: boolean;
  readonly requestTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly log: ToolLog;
}

/** This machine, and addresses that are numbers. */
const needsNoLookup = /^(?:localhost|[\d.]+|.*:.*)$/;
/** `reconnect.backoff.ms` and its maximum. */
const reconnectBackoffMs = 50;
const reconnectBackoffMsMax = 1_000;
const networkClient = "org.apache.kafka.clients.NetworkClient";
const metadata = "org.apache.kafka.clients.Metadata";

/** The brokers of one cluster: finds them from the bootstrap addresses, keeps a connection to each that is used. */
export class Cluster {
  readonly ports: ClientPorts;
  readonly options: ClusterOptions;
  readonly #bootstrap: readonly SocketAddress[];
  readonly #reconnectBackoff: Backoff;
  readonly #connections = new Map<string, Promise<Connection>>();
  #brokers: ReadonlyMap<number, SocketAddress & { readonly rack: string | null }> = new Map();
  readonly #topics = new KnownTopics();
  #metadataCount = 1;
  #isClosed = false;

  private constructor(ports: ClientPorts, options: ClusterOptions, bootstrap: readonly SocketAddress[]) {
    this.ports = ports;
    this.options = options;
    this.#bootstrap = bootstrap;
    this.#reconnectBackoff = new Backoff(ports.random, reconnectBackoffMs, reconnectBackoffMsMax);
  }

  /** @throws ConfigurationError when no bootstrap address is one, or none can be resolved */
  static async create(ports: ClientPorts, options: ClusterOptions): Promise<Cluster> {
    const addresses: SocketAddress[] = [];
    for (const url of options.bootstrapServers.split(",").map((text) => text.trim())) {
      if (url === "") continue;
      const address = parseAddress(url);
      try {
        // Connecting resolves names as well; asking first only tells a wrong name from a server that is down.
        if (!needsNoLookup.test(address.host)) await lookup(address.host);
        addresses.push(address);
      } catch {
        options.log.warn(
          "org.apache.kafka.clients.ClientUtils",
          `Couldn't resolve server ${url} from bootstrap.servers as DNS resolution failed for ${address.host}`,
        );
      }
    }
    if (addresses.length === 0) throw new ConfigurationError("No resolvable bootstrap urls given in bootstrap.servers");
    return new Cluster(ports, options, addresses);
  }

  close(): void {
    this.#isClosed = true;
    for (const opening of this.#connections.values()) {
      opening.then(
        (connection) => connection.close(),
        () => {},
      );
    }
    this.#connections.clear();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.ports.timers.after(ms, resolve));
  }

  /** Runs `attempt` until it succeeds, fails for good, or the deadline has passed; then the last error or a timeout. */
  async retry<T>(what: string, timeoutMs: number, attempt: () => Promise<T>): Promise<T> {
    const deadline = this.ports.clock.monotonicMs() + timeoutMs;
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (error) {
        if (!isTransient(error) || this.#isClosed) throw error;
        const backoffMs = this.#backoffMs(error, failures);
        if (this.ports.clock.monotonicMs() + backoffMs >= deadline) {
          if (error instanceof KafkaError) throw error;
          throw new TimeoutError(what);
        }
        await this.sleep(backoffMs);
      }
    }
  }

  /** Runs `attempt` until it succeeds or fails for good; undefined when `isGone` became true meanwhile. */
  async retryUntilGone<T>(isGone: () => boolean, attempt: () => Promise<T>): Promise<T | undefined> {
    for (let failures = 1; !isGone(); failures++) {
      try {
        return await attempt();
      } catch (error) {
        if (!isTransient(error)) throw error;
        await this.sleep(this.#backoffMs(error, failures));
      }
    }
    return undefined;
  }

  /** How long to wait before the same is tried again. @param failures so many there were by now, at least one */
  #backoffMs(error: unknown, failures: number): number {
    return error instanceof NetError ? this.#reconnectBackoff.afterMs(failures) : this.options.retryBackoffMs;
  }

  /** Sends to whichever broker answers: one that is connected, else one that is known, else a bootstrap address. */
  async sendToAny<N extends ApiName>(name: N, request: Draft<ApiRequest<N>>): Promise<ApiResponse<N>> {
    return (await this.#anyConnection()).send(name, request);
  }

  /** The brokers that the last answer told of. */
  brokerIds(): number[] {
    return [...this.#brokers.keys()];
  }

  /** The racks of brokers, of those that have one. */
  racksOf(nodeIds: readonly number[]): string[] {
    return nodeIds.map((nodeId) => this.#brokers.get(nodeId)?.rack).filter((rack) => typeof rack === "string");
  }

  /** Whether the broker was among those that the last answer told of. */
  knows(nodeId: number): boolean {
    return this.#brokers.has(nodeId);
  }

  /** @throws DisconnectError when the broker is not known (any more) */
  async connectionTo(nodeId: number): Promise<Connection> {
    const address = this.#brokers.get(nodeId);
    if (address === undefined) throw new DisconnectError(`Node ${nodeId} is not known`);
    return this.#connect(address, nodeId);
  }

  /** As `connectionTo`, when the broker may be one that was not told of yet. */
  async reach(nodeId: number): Promise<Connection> {
    if (!this.knows(nodeId)) await this.refreshTopics([], false);
    return this.connectionTo(nodeId);
  }

  /** A connection that nothing else uses: a request on it may wait long without holding up others. */
  openOwnConnection(address: SocketAddress): Promise<Connection> {
    const { net, timers } = this.ports;
    const { clientId, requestTimeoutMs } = this.options;
    return Connection.open(address, { net, timers, clientId, requestTimeoutMs });
  }

  /**
   * Reads topics from a broker, all of them when `names` is null. Topics with an error are left out; those that will be
   * there in a moment (just created, no leader yet) too, with a warning as Kafka's clients log it.
   */
  async refreshTopics(names: readonly string[] | null, mayCreate: boolean): Promise<TopicInfo[]> {
    const answer = await this.sendToAny("metadata", {
      topics: names === null ? null : names.map((name) => ({ name, topicId: zeroUuid })),
      allowAutoTopicCreation: mayCreate,
    });
    this.#brokers = new Map(answer.brokers.map(({ nodeId, host, port, rack }) => [nodeId, { host, port, rack }]));
    const { found, unavailable } = this.#topics.take(answer.topics);
    this.#complain(unavailable);
    return found;
  }

  /** Logs topics that cannot be used as Kafka's clients do. Most come right in a moment; the others end the operation. */
  #complain(unavailable: ReadonlyMap<string, number>): void {
    if (unavailable.size === 0) return;
    const list = [...unavailable].map(([name, code]) => `${name}=${errorName(code)}`).join(", ");
    if (!this.options.isAdmin) {
      this.warn(
        networkClient,
        `The metadata response from the cluster reported a recoverable issue with correlation id ${this.#metadataCount++} : {${list}}`,
      );
    }
    const namesOf = (wanted: number) => [...unavailable].filter(([, code]) => code === wanted).map(([name]) => name);
    const invalid = namesOf(Errors.INVALID_TOPIC_EXCEPTION).join(", ");
    const forbidden = namesOf(Errors.TOPIC_AUTHORIZATION_FAILED).join(", ");
    const { log, logPrefix } = this.options;
    if (invalid !== "") {
      log.error(metadata, `${logPrefix} Metadata response reported invalid topics [${invalid}]`);
      throw new KafkaError(Errors.INVALID_TOPIC_EXCEPTION, `Invalid topics: [${invalid}]`);
    }
    if (forbidden !== "") {
      log.error(metadata, `${logPrefix} Topic authorization failed for topics [${forbidden}]`);
      throw new KafkaError(Errors.TOPIC_AUTHORIZATION_FAILED, `Not authorized to access topics: [${forbidden}]`);
    }
  }

  topic(name: string): TopicInfo | undefined {
    return this.#topics.get(name);
  }

  /** The id that the topic had last, also while nobody knows who leads it; the zero uuid before it was ever seen. */
  topicIdOf(name: string): Uuid {
    return this.#topics.idOf(name);
  }

  topicNameOf(id: Uuid): string | undefined {
    return this.#topics.nameOf(id);
  }

  /** Forgets where the partitions of a topic are led, so that the next use asks again. */
  forgetTopic(name: string): void {
    this.#topics.forget(name);
  }

  warn(source: string, message: string): void {
    this.options.log.warn(source, `${this.options.logPrefix} ${message}`);
  }

  async #anyConnection(): Promise<Connection> {
    for (const opening of this.#connections.values()) {
      const connection = await opening.catch(() => undefined);
      if (connection !== undefined && !connection.isClosed) return connection;
    }
    let failure: unknown;
    const known = [...this.#brokers].map(([id, address]) => ({ id, address }));
    const bootstrap = this.#bootstrap.map((address, index) => ({ id: -1 - index, address }));
    for (const { id, address } of [...known, ...bootstrap]) {
      try {
        return await this.#connect(address, id);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  #connect(address: SocketAddress, nodeId: number): Promise<Connection> {
    const key = `${address.host}:${address.port}`;
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const opening = this.openOwnConnection(address);
    this.#connections.set(key, opening);
    opening.then(
      (connection) => (connection.onClose = () => this.#connections.delete(key)),
      async (error: unknown) => {
        this.#connections.delete(key);
        if (this.#isClosed || !(error instanceof NetError)) return;
        const resolved = await lookup(address.host).then(
          (found) => found.address,
          () => "<unresolved>",
        );
        this.warn(
          networkClient,
          `Connection to node ${nodeId} (${resolved === address.host ? "" : address.host}/${resolved}:${address.port}) could not be established. Node may not be available.`,
        );
        if (nodeId < 0 && !this.options.isAdmin) {
          this.warn(networkClient, `Bootstrap broker ${key} (id: ${nodeId} rack: null isFenced: false) disconnected`);
        }
      },
    );
    return opening;
  }
}

/** Whether the same request may succeed in a moment. */
export function isTransient(error: unknown): boolean {
  return error instanceof NetError || (error instanceof ClientError && error.isRetriable);
}

function parseAddress(url: string): SocketAddress {
  const match = /^(?:[a-zA-Z][a-zA-Z0-9+.-]*:\/\/)?(?:\[([0-9a-fA-F:.%]+)\]|([^:/[\]]+)):(\d+)$/.exec(url);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535)) {
    throw new ConfigurationError(`Invalid url in bootstrap.servers: ${url}`);
  }
  return { host, port };
}
