import { zeroUuid } from "../base/uuid.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { type ProducerIdBlock } from "../controller/controller.ts";
import { nextTurn } from "../io/next-turn.ts";
import { type LoopDelaySample, type Ports, type SocketAddress } from "../io/ports.ts";
import { Errors } from "../protocol/errors.ts";
import { type BrokerLifecycle } from "./broker-lifecycle.ts";
import { createLifecycle } from "./create-lifecycle.ts";
import { DirectoryAssignments } from "./directory-assignments.ts";
import { HandlerTable } from "./handler-table.ts";
import { createHandlers, type HandlerDeps } from "./handlers.ts";
import { type MetadataQuorum, openMetadataQuorum } from "./metadata-quorum.ts";
import { type NodeParts, openNodeParts } from "./node-parts.ts";
import { loadLogs } from "./open-logs.ts";
import { watchedPublishers } from "./publishers/watched-publishers.ts";
import { advertisedEndpoints, socketServerOptionsFrom } from "./socket-server-options.ts";
import { refuseWhatIsMissing, warningsOfWhatIsMissing } from "./refuse-what-is-missing.ts";
import { SocketServer } from "./socket-server.ts";

/** A node that runs: broker and controller in one process. */
export interface RunningNode {
  readonly clusterId: string;
  /** The port that a listener is bound to. */
  boundPort(listenerName: string): number;
  /** Resolves with the reason when the node cannot go on by itself: its metadata log or last log directory failed. */
  readonly failed: Promise<unknown>;
  /** How late the event loop was since the start. */
  loopDelay(): LoopDelaySample;
  /** How many requests have come since the start. */
  requestCount(): number;
  /** Stops in good order; a second call waits for the first. */
  close(): Promise<void>;
}

/** How long requests in flight may take to finish when the node stops, ms. */
const drainMsMax = 2_000;

/**
 * The composition root: puts a node together from its layers, starts it, and resolves when clients can use it.
 *
 *     directories ─▶ logs ─▶ metadata quorum ─▶ sockets bound ─▶ image published ─▶ registered, unfenced ─▶ sockets open
 *
 * @param hostName what is advertised where a listener names no host
 * @throws StartupError, or ConfigError, when the node cannot start; nothing is left open then
 */
export async function createNode(config: BrokerConfig, ports: Ports, hostName: string): Promise<RunningNode> {
  refuseWhatIsMissing(config);
  for (const warning of warningsOfWhatIsMissing(config)) ports.logger.warn({}, warning);
  const node = new Node(config, ports);
  try {
    await node.start(hostName);
    return node;
  } catch (error) {
    await node.close();
    throw error;
  }
}

class Node implements RunningNode {
  readonly failed: Promise<unknown>;
  #onFailed: (error: unknown) => void = () => {};
  readonly #config: BrokerConfig;
  readonly #ports: Ports;
  readonly #parts: NodeParts;
  #quorum: MetadataQuorum | undefined;
  #sockets: SocketServer | undefined;
  #lifecycle: BrokerLifecycle | undefined;
  #assignments: DirectoryAssignments | undefined;
  #bound: ReadonlyMap<string, SocketAddress> = new Map();
  #closing: Promise<void> | undefined;

  /** Opens the directories; nothing runs yet. */
  constructor(config: BrokerConfig, ports: Ports) {
    this.#config = config;
    this.#ports = ports;
    this.failed = new Promise((resolve) => (this.#onFailed = resolve));
    this.#parts = openNodeParts(config, ports, {
      onDirectoryFailed: (directory, isLast) => this.#onDirectoryFailed(directory, isLast),
      onFatal: (error) => this.#onFailed(error),
      assignDirectory: (...assignment) => this.#assignments?.assign(...assignment),
      allocateProducerIds: () => this.#allocateProducerIds(),
      sockets: () => this.#sockets,
    });
  }

  get clusterId(): string {
    return this.#parts.clusterId;
  }

  loopDelay(): LoopDelaySample {
    return this.#parts.loopWatch.read();
  }

  requestCount(): number {
    return this.#sockets?.requestCount ?? 0;
  }

  boundPort(listenerName: string): number {
    return this.#bound.get(listenerName)?.port ?? 0;
  }

  async start(hostName: string): Promise<void> {
    const { clock, timers, net, logger } = this.#ports;
    const { logManager, writeQueue, followers, loopWatch, clusterId } = this.#parts;
    const startedMs = clock.monotonicMs();
    await loadLogs(logManager, this.#config, this.#ports.workers);
    // The handlers need the controller, the controller the ports that were bound: connections wait until `open`.
    const { bufferPool } = writeQueue;
    const handlers = new HandlerTable([], this.#config.get("unstable.api.versions.enable"));
    this.#sockets = new SocketServer(socketServerOptionsFrom(this.#config), {
      net,
      clock,
      timers,
      logger,
      handlers,
      bufferPool,
      isDiskBehind: () => writeQueue.isBehind,
    });
    this.#bound = await this.#sockets.bind();
    const quorum = this.#openQuorum(hostName);
    this.#quorum = quorum;
    this.#assignments = this.#createAssignments(quorum);
    handlers.add(createHandlers(this.#handlerDeps(quorum), () => handlers));
    quorum.start();
    await this.#untilActive(quorum);
    this.#sockets.open(...this.#config.controllerListenerNames);
    const endpoints = advertisedEndpoints(this.#config.advertisedListeners, this.#bound, hostName);
    const { controller } = quorum;
    const onFatal = (error: unknown): void => this.#onFailed(error);
    this.#lifecycle = createLifecycle({ ...this.#parts, endpoints, controller, onFatal });
    await this.#lifecycle.start();
    await followers.settled();
    logManager.start();
    loopWatch.start();
    this.#sockets.open();
    const advertised = endpoints.map(({ name, host, port }) => `${name}://${host}:${port}`);
    const startMs = Math.round(clock.monotonicMs() - startedMs);
    logger.info({ clusterId, nodeId: this.#config.nodeId, advertised, startMs }, "Odradek is ready");
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const { cache, coordinators, followers, logManager, loopWatch, replicas, writeQueue } = this.#parts;
    const { meanMs, p99Ms, maxMs } = loopWatch.read();
    loopWatch.stop();
    await this.#lifecycle?.stop();
    this.#assignments?.close();
    // Whoever waits is answered now, so that the sockets have nothing to wait for.
    coordinators.groups.close();
    coordinators.transactions.close();
    replicas.close();
    await followers.close();
    await this.#sockets?.close(drainMsMax);
    writeQueue.flush();
    await this.#quorum?.close();
    await followers.conclude(cache.image);
    await logManager.prepareClose();
    await logManager.closeOverTurns(this.#lifecycle?.epoch ?? -1);
    const loopDelay = { mean: rounded(meanMs), p99: rounded(p99Ms), max: rounded(maxMs) };
    this.#ports.logger.info({ loopDelayMs: loopDelay }, "The node has stopped");
  }

  #onDirectoryFailed(directory: string, isLast: boolean): void {
    this.#parts.replicas.onDirectoryFailed(directory);
    const isMetadata = directory === this.#config.metadataLogDir;
    if (isLast) this.#onFailed(new Error(`Shutdown broker because all log dirs have failed, ${directory} as the last`));
    else if (isMetadata)
      this.#onFailed(new Error(`Shutdown broker because the metadata log dir ${directory} has failed`));
    const id = this.#parts.directoryIds.get(directory);
    if (id !== undefined) this.#lifecycle?.directoryFailed(id);
  }

  #allocateProducerIds(): Promise<ProducerIdBlock> {
    const unavailable = { errorCode: Errors.COORDINATOR_LOAD_IN_PROGRESS, firstProducerId: -1, count: 0 };
    const allocation = this.#quorum?.controller.allocateProducerIds(this.#config.nodeId, this.#lifecycle?.epoch ?? -1);
    return allocation ?? Promise.resolve(unavailable);
  }

  /** Publishers, in the order in which they are told: what answers questions first, what acts on it then. */
  #openQuorum(hostName: string): MetadataQuorum {
    const { config, ports, clusterId, directoryIds, incarnationId, logManager, writeQueue, loopWatch } = this.#parts;
    const { cache, topicConfigs, followers } = this.#parts;
    const { metadataLogDir } = config;
    return openMetadataQuorum({
      config,
      ports,
      writeQueue,
      clusterId,
      directoryId: directoryIds.get(metadataLogDir) ?? zeroUuid,
      controllerEndpoints: advertisedEndpoints(config.advertisedControllerListeners, this.#bound, hostName),
      localIncarnationId: incarnationId,
      hadCleanShutdown: logManager.hadCleanShutdown(metadataLogDir),
      publishers: [...watchedPublishers(loopWatch, [cache, topicConfigs]), followers.publisher],
      onFatal: (error) => this.#onFailed(error),
    });
  }

  /** A quorum of one elects itself at once; what takes time is the fsync of its first record. */
  async #untilActive(quorum: MetadataQuorum): Promise<void> {
    const failure = this.failed.then((error) => {
      throw error;
    });
    const active = (async () => {
      while (!quorum.controller.isActive) await nextTurn(this.#ports.timers);
    })();
    await Promise.race([active, failure]);
  }

  #createAssignments({ controller }: MetadataQuorum): DirectoryAssignments {
    const { random, timers, logger } = this.#ports;
    return new DirectoryAssignments({
      nodeId: this.#config.nodeId,
      controller,
      brokerEpoch: () => this.#lifecycle?.epoch ?? -1,
      image: () => this.#parts.cache.image,
      timers,
      random,
      logger: logger.child("directories"),
    });
  }

  #handlerDeps({ controller, raft }: MetadataQuorum): HandlerDeps {
    const { coordinators, followers } = this.#parts;
    return {
      ...this.#parts,
      ...coordinators,
      controller,
      raft,
      brokerEpoch: () => this.#lifecycle?.epoch ?? -1,
      untilFollowed: () => followers.settledSoon(),
    };
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
