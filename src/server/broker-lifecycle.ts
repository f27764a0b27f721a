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
    const reply = await this.#send(false);
    if (reply.errorCode !== Errors.NONE) {
      this.#options.logger.warn({ error: errorName(reply.errorCode ?? -1) }, "The controller refused a heartbeat");
      return true;
    }
    return reply.isFenced ?? true;
  }

  #send(wantShutDown: boolean) {
    const { controller, nodeId, metadataOffset, offlineDirIds } = this.#options;
    return controller.brokerHeartbeat({
      brokerId: nodeId,
      brokerEpoch: this.#epoch,
      currentMetadataOffset: metadataOffset(),
      wantFence: false,
      wantShutDown,
      offlineLogDirs: [...offlineDirIds()],
      // None is; the controller notes that once.
      cordonedLogDirs: [],
    });
  }

  #scheduleHeartbeat(): void {
    if (this.#isStopping) return;
    this.#timer = this.#options.timers.after(this.#options.heartbeatIntervalMs, () => {
      void this.#heartbeat().finally(() => this.#scheduleHeartbeat());
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.timers.after(ms, resolve));
  }
}
