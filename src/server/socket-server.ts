import { type BufferPool } from "../base/buffer-pool.ts";
import { type Clock, type Logger, type Net, type SocketAddress, type TimerHandle, type Timers } from "../io/ports.ts";
import { type ListenerScope } from "../protocol/apis.ts";
import { ConnectionQuotas, unlimitedQuotas, type ConnectionQuotaOptions } from "./connection-quotas.ts";
import { type Connection } from "./connection.ts";
import { type HandlerTable } from "./handler-table.ts";
import { Listener } from "./listener.ts";
import { RequestMemory } from "./request-memory.ts";
import { Router } from "./router.ts";

export interface SocketServerOptions {
  readonly listeners: readonly ListenerAddress[];
  /** `socket.request.max.bytes` */
  readonly requestBytesMax: number;
  /** `queued.max.request.bytes`; -1 for no limit. */
  readonly queuedRequestBytesMax: number;
  /** `connections.max.idle.ms`; negative for never. */
  readonly connectionIdleMsMax: number;
  /** `socket.listen.backlog.size` */
  readonly waitingConnectionsMax: number;
  readonly quotas: ConnectionQuotaOptions;
  /** Bounds of one connection that Kafka has no setting for. */
  readonly inFlightRequestsMax: number;
  readonly inFlightBytesMax: number;
  readonly queuedResponseBytesMax: number;
}

/** Kafka's defaults, and ours where Kafka has no setting. */
export const defaultSocketServerOptions: Omit<SocketServerOptions, "listeners"> = {
  requestBytesMax: 100 * 1024 * 1024,
  queuedRequestBytesMax: -1,
  connectionIdleMsMax: 10 * 60 * 1000,
  waitingConnectionsMax: 50,
  quotas: unlimitedQuotas,
  inFlightRequestsMax: 256,
  inFlightBytesMax: 16 * 1024 * 1024,
  queuedResponseBytesMax: 1024 * 1024,
};

export interface ListenerAddress {
  readonly name: string;
  readonly scope: ListenerScope;
  readonly address: SocketAddress;
}

export interface SocketServerDeps {
  readonly net: Net;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly handlers: HandlerTable;
  /** Shared with the logs, which read into them. */
  readonly bufferPool: BufferPool;
  /** Clients then send one request at a time. */
  readonly isDiskBehind: () => boolean;
}

/** All listeners of a node, with the limits that they share. */
export class SocketServer {
  readonly #deps: SocketServerDeps;
  readonly #idleMsMax: number;
  readonly #quotas: ConnectionQuotas;
  readonly #protectedListener: string | undefined;
  readonly #router: Router;
  readonly #listeners: readonly Listener[];
  #idleSweep: TimerHandle | undefined;

  constructor(options: SocketServerOptions, deps: SocketServerDeps) {
    const { net, clock, timers, handlers, bufferPool, isDiskBehind } = deps;
    const logger = deps.logger.child("network");
    this.#deps = { ...deps, logger };
    this.#idleMsMax = options.connectionIdleMsMax;
    this.#quotas = new ConnectionQuotas(options.quotas);
    this.#protectedListener = options.quotas.protectedListener;
    this.#router = new Router(handlers, logger);
    const memory = new RequestMemory(options.queuedRequestBytesMax);
    const onAccepted = (): void => this.#accepted();
    const onReleased = (): void => this.#released();
    this.#listeners = options.listeners.map(
      ({ name, scope, address }) =>
        new Listener(
          { name, scope, address, limits: options, waitingConnectionsMax: options.waitingConnectionsMax },
          {
            net,
            clock,
            timers,
            logger,
            router: this.#router,
            memory,
            bufferPool,
            isDiskBehind,
            quotas: this.#quotas,
            onAccepted,
            onReleased,
          },
        ),
    );
  }

  /** How many requests have come. */
  get requestCount(): number {
    return this.#router.requestCount;
  }

  /**
   * Binds every listener; connections that come wait until `open`.
   * @returns each listener's address by name, with the port that the system chose where 0 was asked for
   * @throws StartupError when an address cannot be bound; nothing is left bound then
   */
  async bind(): Promise<ReadonlyMap<string, SocketAddress>> {
    const addresses = new Map<string, SocketAddress>();
    try {
      for (const listener of this.#listeners) addresses.set(listener.name, await listener.bind());
    } catch (error) {
      await this.close(0);
      throw error;
    }
    return addresses;
  }

  /** Serves requests of the listeners named, or of all. */
  open(...names: string[]): void {
    for (const listener of this.#listeners) {
      if (names.length === 0 || names.includes(listener.name)) listener.open();
    }
    this.#sweepIdle();
  }

  /** Other limits from now on: connections that wait may be let in. */
  updateQuotas(quotas: ConnectionQuotaOptions): void {
    this.#quotas.update(quotas);
    this.#released();
  }

  /** Accepts nothing more, lets requests in flight finish for up to `drainMs`, then closes whatever is open. */
  async close(drainMs: number): Promise<void> {
    this.#idleSweep?.cancel();
    this.#idleSweep = undefined;
    await Promise.all(this.#listeners.map((listener) => listener.stopAccepting()));
    const ended = Promise.all(this.#listeners.map((listener) => listener.end()));
    const impatience = this.#deps.timers.after(drainMs, () => {
      for (const listener of this.#listeners) listener.destroy();
    });
    await ended;
    impatience.cancel();
  }

  #sweepIdle(): void {
    const { clock, timers } = this.#deps;
    if (this.#idleMsMax < 0) return;
    this.#idleSweep?.cancel();
    const nowMs = clock.monotonicMs();
    const oldestMs = Math.min(nowMs, ...this.#listeners.map((each) => each.closeIdle(nowMs - this.#idleMsMax)));
    // No connection that is open now can have been idle for too long before then.
    const nextMs = Math.max(10, oldestMs + this.#idleMsMax - nowMs);
    this.#idleSweep = timers.after(nextMs, () => this.#sweepIdle());
  }

  /** The protected listener may pass the node's limit; then the longest silent connection of another has to go. */
  #accepted(): void {
    if (!this.#quotas.isExceeded()) return;
    let silent: Connection | undefined;
    for (const listener of this.#listeners) {
      if (listener.name === this.#protectedListener) continue;
      for (const connection of listener.connections) {
        if (silent === undefined || connection.lastActiveMs < silent.lastActiveMs) silent = connection;
      }
    }
    silent?.destroy();
  }

  #released(): void {
    for (const listener of this.#listeners) listener.admitWaiting();
  }
}
