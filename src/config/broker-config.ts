import { resolve } from "node:path";
import { brokerKeys } from "./broker-keys.ts";
import {
  ConfigError,
  RequirementError,
  type ConfigKey,
  type ConfigValue,
  parseValue,
  repetitionWarning,
} from "./config-key.ts";
import { parseIpOverrides } from "./connection-limits.ts";
import { retentionMs } from "./dynamic-checks.ts";
import {
  type Endpoint,
  parseEndpoints,
  parseProtocolMap,
  parseQuorumVoters,
  type QuorumVoter,
  type SecurityProtocol,
} from "./endpoint.ts";
import { groupLimitsProblem } from "./group-limits.ts";

export type BrokerKeyName = keyof typeof brokerKeys;
export type BrokerValue<K extends BrokerKeyName> = (typeof brokerKeys)[K] extends ConfigKey<infer T> ? T : never;

const knownPrefixes = ["listener.name.", "rsm.config.", "rlmm.config.", "config.providers."];
const defaultProtocolMap = brokerKeys["listener.security.protocol.map"].default;

/** The checked configuration of one node: `server.properties` with its overrides. */
export class BrokerConfig {
  /** What was given, key by key, known or not. */
  readonly originals: ReadonlyMap<string, string>;
  /** Keys that Kafka 4.3 does not have: a warning at start. */
  readonly unknown: readonly string[];
  /** Things that are allowed and probably not meant, one sentence each. */
  readonly warnings: readonly string[];
  readonly nodeId: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  readonly protocols: ReadonlyMap<string, SecurityProtocol>;
  readonly listeners: readonly Endpoint[];
  /** Of the listeners that clients and brokers use; a port 0 stands for the port that was bound. */
  readonly advertisedListeners: readonly Endpoint[];
  /** As `advertisedListeners`, of the controller's listeners. */
  readonly advertisedControllerListeners: readonly Endpoint[];
  readonly controllerListenerNames: readonly string[];
  readonly interBrokerListenerName: string;
  /** Absolute. */
  readonly logDirs: readonly string[];
  readonly metadataLogDir: string;
  readonly quorumVoters: readonly QuorumVoter[];

  readonly #values: ReadonlyMap<string, ConfigValue>;

  /** @throws ConfigError naming key, value and what is allowed */
  constructor(properties: ReadonlyMap<string, string>) {
    this.originals = properties;
    this.unknown = [...properties.keys()].filter((name) => !isKnown(name));
    this.#values = parseAll(properties);

    const roles = this.get("process.roles");
    this.isBroker = roles.includes("broker");
    this.isController = roles.includes("controller");
    this.nodeId = this.get("node.id");
    const brokerId = this.get("broker.id");
    if (properties.has("broker.id") && brokerId !== this.nodeId) {
      throw new ConfigError("You must set `node.id` to the same value as `broker.id`.");
    }
    this.logDirs = (this.get("log.dirs") ?? this.get("log.dir")).map((path) => resolve(path));
    const metadataLogDir = this.get("metadata.log.dir");
    this.metadataLogDir = metadataLogDir === null ? (this.logDirs[0] ?? "") : resolve(metadataLogDir);
    this.quorumVoters = parseQuorumVoters(this.get("controller.quorum.voters"));
    this.controllerListenerNames = this.get("controller.listener.names").map((name) => name.toUpperCase());
    this.protocols = this.#protocolsWithDefaults();
    this.listeners = parseEndpoints("listeners", this.get("listeners"), this.protocols, false);
    const advertised = this.#effectiveAdvertised();
    const isControllers = ({ name }: Endpoint) => this.controllerListenerNames.includes(name);
    this.advertisedListeners = advertised.filter((endpoint) => !isControllers(endpoint));
    this.advertisedControllerListeners = this.#controllersAdvertised(advertised.filter(isControllers));
    this.interBrokerListenerName = (
      this.get("inter.broker.listener.name") ??
      this.advertisedListeners.find(
        ({ securityProtocol }) => securityProtocol === this.get("security.inter.broker.protocol"),
      )?.name ??
      this.get("security.inter.broker.protocol")
    ).toUpperCase();
    this.warnings = [...repetitionWarnings(properties), ...this.#check()];
  }

  get<K extends BrokerKeyName>(name: K): BrokerValue<K> {
    const value = this.#values.get(name);
    return (value === undefined ? brokerKeys[name].default : value) as BrokerValue<K>;
  }

  /** The key that names a directory. */
  keyOfDirectory(path: string): BrokerKeyName {
    if (!this.logDirs.includes(path)) return "metadata.log.dir";
    return this.get("log.dirs") === null ? "log.dir" : "log.dirs";
  }

  /** The same node with some keys changed: dynamic configurations, or `--override`. */
  with(overrides: ReadonlyMap<string, string>): BrokerConfig {
    return new BrokerConfig(new Map([...this.originals, ...overrides]));
  }

  /** Without a map of its own, each controller listener is a plaintext one, as in Kafka. */
  #protocolsWithDefaults(): ReadonlyMap<string, SecurityProtocol> {
    const protocols = parseProtocolMap(this.get("listener.security.protocol.map") ?? defaultProtocolMap);
    if (this.originals.has("listener.security.protocol.map")) return protocols;
    for (const name of this.controllerListenerNames) if (!protocols.has(name)) protocols.set(name, "PLAINTEXT");
    return protocols;
  }

  #effectiveAdvertised(): Endpoint[] {
    const given = this.get("advertised.listeners");
    if (given === null || given.length === 0) return this.listeners.map((endpoint) => ({ ...endpoint }));
    return parseEndpoints("advertised.listeners", given, this.protocols, true);
  }

  #controllersAdvertised(given: readonly Endpoint[]): Endpoint[] {
    const names = new Set(given.map(({ name }) => name));
    const own = this.listeners.filter(({ name }) => this.controllerListenerNames.includes(name) && !names.has(name));
    return [...given, ...own];
  }

  #checkLogs(require: (condition: boolean, message: string) => void): void {
    const cordoned = this.get("cordoned.log.dirs");
    if (cordoned.includes("*")) {
      require(cordoned.length === 1, "When cordoned.log.dirs is set to *, it must not contain other values");
    } else {
      const named = this.get("log.dirs") ?? this.get("log.dir");
      const missing = cordoned.filter((path) => !named.includes(path));
      require(missing.length ===
        0, `All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : ${missing.join(", ")}`);
    }
    const rollMs = this.get("log.roll.ms") ?? this.get("log.roll.hours") * 3_600_000;
    require(rollMs >= 1, "log.roll.ms must be greater than or equal to 1");
    const jitterMs = this.get("log.roll.jitter.ms") ?? this.get("log.roll.jitter.hours") * 3_600_000;
    require(jitterMs >= 0, "log.roll.jitter.ms must be greater than or equal to 0");
    const ms = retentionMs(this);
    require(ms >= 1 || ms === -1, "log.retention.ms must be unlimited (-1) or, greater than or equal to 1");
    const dedupeBytesEach = this.get("log.cleaner.dedupe.buffer.size") / this.get("log.cleaner.threads");
    require(!this.get("log.cleaner.enable") ||
      dedupeBytesEach > 1_048_576, "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.");
  }

  *#check(): Generator<string> {
    const require = (condition: boolean, message: string) => {
      if (!condition) throw new RequirementError(message);
    };
    require(this.isBroker || this.isController, 'process.roles must name "broker", "controller" or both');
    const directories = [...new Set(this.logDirs)];
    require(directories.length ===
      this.logDirs
        .length, `Duplicate log directory found: ${(this.get("log.dirs") ?? this.get("log.dir")).join(", ")}: entries of log.dirs name the same directory (${directories.join(", ")})`);
    this.#checkLogs(require);
    const groupsProblem = groupLimitsProblem(this);
    if (groupsProblem !== undefined) throw new ConfigError(groupsProblem);
    require(this.get("replica.fetch.wait.max.ms") <=
      this.get(
        "replica.lag.time.max.ms",
      ), "replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR");
    const queuedBytes = this.get("queued.max.request.bytes");
    require(queuedBytes <= 0 ||
      queuedBytes >=
        this.get(
          "socket.request.max.bytes",
        ), "queued.max.request.bytes must be larger or equal to socket.request.max.bytes");
    parseIpOverrides(this.get("max.connections.per.ip.overrides"));
    const perIp = this.get("max.connections.per.ip");
    require(perIp > 0 ||
      this.get("max.connections.per.ip.overrides") !==
        "", "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.");

    const names = this.listeners.map(({ name }) => name);
    if (this.isController) {
      require(this.controllerListenerNames.every((name) =>
        names.includes(name),
      ), "controller.listener.names must only contain values appearing in the 'listeners' configuration when running the KRaft controller role");
      require(this.controllerListenerNames.some((name) =>
        names.includes(name),
      ), "controller.listener.names must contain at least one value appearing in the 'listeners' configuration when running the KRaft controller role");
      require(this.quorumVoters.length === 0 ||
        this.quorumVoters.some(
          ({ id }) => id === this.nodeId,
        ), `If process.roles contains the 'controller' role, the node id ${this.nodeId} must be included in the set of voters controller.quorum.voters=Set(${this.quorumVoters.map(({ id }) => id).join(", ")})`);
    }
    require(this.quorumVoters.length > 0 ||
      this.get("controller.quorum.bootstrap.servers").length >
        0, "If using process.roles, either controller.quorum.bootstrap.servers must contain the set of bootstrap controllers or controller.quorum.voters must contain a parseable set of controllers.");
    const advertisedNames = this.advertisedListeners.map(({ name }) => name);
    if (this.isBroker) {
      require(advertisedNames.length >
        0, "There must be at least one broker advertised listener. Perhaps all listeners appear in controller.listener.names?");
      require(advertisedNames.includes(
        this.interBrokerListenerName,
      ), `inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are ${advertisedNames.join(",")}`);
      require(advertisedNames.every((name) =>
        names.includes(name),
      ), `advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found ${advertisedNames.join(",")}. The valid options based on the current configuration are ${names.join(",")}`);
    }
    const advertised = [...this.advertisedListeners, ...this.advertisedControllerListeners];
    require(!advertised.some(
      ({ host }) => host === "0.0.0.0",
    ), "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.");

    if (this.get("broker.heartbeat.interval.ms") * 2 > this.get("broker.session.timeout.ms")) {
      yield "broker.heartbeat.interval.ms should be at most half of broker.session.timeout.ms, or the broker may lose its session";
    }
  }
}

function isKnown(name: string): boolean {
  return Object.hasOwn(brokerKeys, name) || knownPrefixes.some((prefix) => name.startsWith(prefix));
}

function repetitionWarnings(properties: ReadonlyMap<string, string>): string[] {
  return (Object.entries(brokerKeys) as [BrokerKeyName, ConfigKey][])
    .map(([name, definition]) => repetitionWarning(name, definition, properties.get(name)))
    .filter((warning) => warning !== undefined);
}

function parseAll(properties: ReadonlyMap<string, string>): Map<string, ConfigValue> {
  const values = new Map<string, ConfigValue>();
  for (const [name, definition] of Object.entries(brokerKeys) as [BrokerKeyName, ConfigKey][]) {
    const text = properties.get(name);
    if (text !== undefined) values.set(name, parseValue(name, definition, text));
    else if (definition.required === true) {
      throw new ConfigError(`Missing required configuration "${name}" which has no default value.`);
    }
  }
  return values;
}
