import { type NodeId, type Uuid } from "../base/brand.ts";
import { type Endpoint } from "../config/endpoint.ts";
import { type Controller } from "../controller/controller.ts";
import { type Logger, type TimerHandle, type Timers } from "../io/ports.ts";
import { supportedFeatures } from "../metadata/features/feature-table.ts";
import { errorName, Errors } from "../protocol/errors.ts";
import { securityProtocolIds } from "./security-protocol-ids.ts";
import { StartupError } from "./startup-error.ts";

export interface BrokerLifecycleOptions {
  readonly nodeId: NodeId;
  readonly clusterId: string;
  readonly incarnationId: Uuid;
  readonly rack: string | null;
  readonly endpoints: readonly Endpoint[];
  readonly logDirIds: readonly Uuid[];
  /** Of the registration before the last clean shutdown; -1 after a crash (KIP-966). */
  readonly previousBrokerEpoch: number;
  readonly heartbeatIntervalMs: number;
  /** `initial.broker.registration.timeout.ms` */
  readonly registrationTimeoutMs: number;
  readonly controller: Pick<Controller, "registerBroker" | "brokerHeartbeat">;
  /** Offset of the last record in the published image. */
  readonly metadataOffset: () => number;
  readonly offlineDirIds: () => readonly Uuid[];
  /** `cordoned.log.dirs`, by id. */
  readonly cordonedDirIds: () => readonly Uuid[];
  /** `log.dir.failure.timeout.ms` */
  readonly directoryFailureTimeoutMs: number;
  /** The controller could not be told in time that a directory failed. */
  readonly onFatal: (error: unknown) => void;
  readonly timers: Timers;
  readonly logger: Logger;
}

const retryMs = 20;

/**
 * This broker's membership in the cluster.
 *
 *     register ─▶ heartbeats while fenced, until the metadata is caught up ─▶ unfenced ─▶ heartbeats ─▶ controlled shutdown
 */
export class BrokerLifecycle {
  readonly #options: BrokerLifecycleOptions;
  #epoch = -1;
  #timer: TimerHandle | undefined;
  #isStopping = false;
  #isBeating = false;
  /** Something has changed that the controller should know before the next heartbeat is due. */
  #isUrgent = false;
  /** Called when a heartbeat that began after they were added was accepted. */
  readonly #onTold = new Set<() => void>();

  constructor(options: BrokerLifecycleOptions) {
    this.#options = options;
  }

  /** Of this registration; -1 before it. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Registers and resolves when the controller has let the broker in.
   * @throws StartupError when it does not
   */
  async start(): Promise<void> {
    await this.#register();
    const { registrationTimeoutMs } = this.#options;
    for (let waitedMs = 0; await this.#heartbeat(); waitedMs += retryMs) {
      if (waitedMs > registrationTimeoutMs)
        throw new StartupError("The controller did not unfence this broker in time.");
      await this.#pause(retryMs);
    }
    this.#options.logger.info({ brokerEpoch: this.#epoch }, "The broker has joined the cluster");
    this.#scheduleHeartbeat();
  }

  /** Tells the controller at once that a directory has failed; a broker that cannot do so in time stops. */
  directoryFailed(directoryId: Uuid): void {
    const { timers, directoryFailureTimeoutMs, onFatal } = this.#options;
    if (this.#epoch === -1 || this.#isStopping) return;
    const giveUp = timers.after(directoryFailureTimeoutMs, () => {
      if (this.#isStopping) return;
      onFatal(new Error(`Shutting down because couldn't communicate offline log dir ${directoryId} with controllers`));
    });
    this.#onTold.add(() => giveUp.cancel());
    this.heartbeatNow();
  }

  /** Sends the next heartbeat at once. */
  heartbeatNow(): void {
    this.#isUrgent = true;
    if (this.#isBeating || this.#isStopping || this.#epoch === -1) return;
    this.#timer?.cancel();
    void this.#beat();
  }

  /** Tells the controller that the broker goes, and waits until it has moved what can be moved. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#timer?.cancel();
    if (this.#epoch === -1) return;
    for (let attempt = 0; attempt < 10; attempt++) {
      const reply = await this.#send(true);
      if (reply.errorCode !== Errors.NONE || reply.shouldShutDown === true) return;
      await this.#pause(retryMs);
    }
  }

  async #register(): Promise<void> {
    const options = this.#options;
    const { nodeId, clusterId, incarnationId, endpoints, rack, previousBrokerEpoch } = options;
    const reply = await options.controller.registerBroker({
      brokerId: nodeId,
      clusterId,
      incarnationId,
      listeners: endpoints.map(({ name, host, port, securityProtocol }) => ({
        name,
        host,
        port,
        securityProtocol: securityProtocolIds[securityProtocol],
      })),
      features: [...supportedFeatures],
      rack,
      isMigratingZkBroker: false,
      logDirs: [...options.logDirIds],
      previousBrokerEpoch,
    });
    const errorCode = reply.errorCode ?? Errors.NONE;
    if (errorCode !== Errors.NONE) {
      throw new StartupError(`The controller refused to register broker ${nodeId}: ${errorName(errorCode)}`);
    }
    this.#epoch = reply.brokerEpoch ?? -1;
  }

  /** Whether the broker is still fenced. */
  async #heartbeat(): Promise<boolean> {
    this.#isUrgent = false;
    const told = [...this.#onTold];
    const reply = await this.#send(false);
    if (reply.errorCode !== Errors.NONE) {
      this.#options.logger.warn({ error: errorName(reply.errorCode ?? -1) }, "The controller refused a heartbeat");
      return true;
    }
    for (const tell of told) {
      this.#onTold.delete(tell);
      tell();
    }
    return reply.isFenced ?? true;
  }

  #send(wantShutDown: boolean) {
    const { controller, nodeId, metadataOffset, offlineDirIds, cordonedDirIds } = this.#options;
    return controller.brokerHeartbeat({
      brokerId: nodeId,
      brokerEpoch: this.#epoch,
      currentMetadataOffset: metadataOffset(),
      wantFence: false,
      wantShutDown,
      offlineLogDirs: [...offlineDirIds()],
      cordonedLogDirs: [...cordonedDirIds()],
    });
  }

  #scheduleHeartbeat(): void {
    if (this.#isStopping) return;
    const delayMs = this.#isUrgent ? retryMs : this.#options.heartbeatIntervalMs;
    this.#timer = this.#options.timers.after(delayMs, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    this.#isBeating = true;
    try {
      await this.#heartbeat();
    } finally {
      this.#isBeating = false;
      this.#scheduleHeartbeat();
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.timers.after(ms, resolve));
  }
}
