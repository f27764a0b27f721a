import { type BufferPool } from "../base/buffer-pool.ts";
import {
  type Clock,
  type Logger,
  type Net,
  type NetServer,
  type NetSocket,
  type SocketAddress,
  type TimerHandle,
  type Timers,
} from "../io/ports.ts";
import { type ListenerScope } from "../protocol/apis.ts";
import { bindTo } from "./bind.ts";
import { Connection, peerText, type ConnectionDeps, type ConnectionLimits } from "./connection.ts";
import { type ConnectionQuotas } from "./connection-quotas.ts";
import { Burst } from "./burst.ts";
import { type ConnectionInfo } from "./handler.ts";
import { type RequestMemory } from "./request-memory.ts";
import { type Router } from "./router.ts";

export interface ListenerOptions {
  /** The listener's name, such as PLAINTEXT or CONTROLLER. */
  readonly name: string;
  readonly scope: ListenerScope;
  /** Where to bind; an empty host is every interface, port 0 any free one. */
  readonly address: SocketAddress;
  readonly limits: ConnectionLimits;
  /** `socket.listen.backlog.size`: how many connections may wait for a slot. */
  readonly waitingConnectionsMax: number;
}

export interface ListenerDeps {
  readonly net: Net;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly router: Router;
  readonly memory: RequestMemory;
  readonly bufferPool: BufferPool;
  readonly isDiskBehind: () => boolean;
  readonly quotas: ConnectionQuotas;
  /** A slot is free again: other listeners may have connections that wait for one. */
  readonly onReleased: () => void;
  /** A connection was accepted. */
  readonly onAccepted: () => void;
}

/** One listening port: accepts connections as the quotas allow, and knows those that are open. */
export class Listener {
  readonly name: string;
  readonly #options: ListenerOptions;
  readonly #deps: ListenerDeps;
  /** The same for all connections: what each had of its own would count by the thousand. */
  readonly #connectionDeps: ConnectionDeps;
  readonly #connections = new Set<Connection>();
  /** Accepted by the system, but without a slot: not read from, in the order of arrival. */
  #waiting: NetSocket[] = [];
  #isOpen = false;
  #retry: TimerHandle | undefined;
  #server: NetServer | undefined;
  #nextIndex = 0;
  #whenEmpty: (() => void) | undefined;

  constructor(options: ListenerOptions, deps: ListenerDeps) {
    this.name = options.name;
    this.#options = options;
    this.#deps = deps;
    const { router, memory, bufferPool, isDiskBehind, clock, logger } = deps;
    const { limits } = options;
    const onClosed = (connection: Connection): void => this.#closed(connection);
    const answered = new Burst();
    this.#connectionDeps = { router, memory, answered, bufferPool, isDiskBehind, limits, clock, logger, onClosed };
  }

  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /**
   * Binds. Connections that come wait until `open`.
   * @returns the address, with the port that the system chose
   * @throws StartupError when the address cannot be bound
   */
  async bind(): Promise<SocketAddress> {
    this.#server = await bindTo(this.#options.address, this.#deps.net, (socket) => this.#arrived(socket));
    return this.#server.address;
  }

  /** Serves requests from now on. */
  open(): void {
    this.#isOpen = true;
    this.admitWaiting();
  }

  /** Accepts nothing more. What is open goes on. */
  async stopAccepting(): Promise<void> {
    this.#isOpen = false;
    this.#retry?.cancel();
    await this.#server?.close();
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting = [];
  }

  /** Closes each connection when its requests in flight are answered; resolves when all are closed. */
  end(): Promise<void> {
    for (const connection of this.#connections) connection.end();
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#whenEmpty = resolve));
  }

  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** Serves connections that wait, as far as there are slots. */
  admitWaiting(): void {
    for (let socket = this.#waiting[0]; socket !== undefined; socket = this.#waiting[0]) {
      if (!this.#admit(socket)) return;
      this.#waiting.shift();
    }
  }

  /** Closes connections without traffic since `sinceMs`; returns the least time of activity of the others. */
  closeIdle(sinceMs: number): number {
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const connection of this.#connections) {
      if (connection.lastActiveMs > sinceMs) {
        oldestMs = Math.min(oldestMs, connection.lastActiveMs);
        continue;
      }
      this.#deps.logger.debug({ peer: peerText(connection.info) }, "Closing idle connection");
      connection.destroy();
    }
    return oldestMs;
  }

  #arrived(socket: NetSocket): void {
    if (this.#waiting.length === 0 && this.#admit(socket)) return;
    if (this.#waiting.length >= this.#options.waitingConnectionsMax) return socket.destroy();
    this.#waiting.push(socket);
    socket.pause();
    socket.user = {
      // It is paused.
      received: () => {},
      closed: () => (this.#waiting = this.#waiting.filter((other) => other !== socket)),
    };
  }

  /** False when the connection has to wait. */
  #admit(socket: NetSocket): boolean {
    if (!this.#isOpen) return false;
    const { quotas, clock, logger } = this.#deps;
    const { host } = socket.remote;
    const verdict = quotas.tryAccept(this.name, host, clock.monotonicMs());
    if (verdict.kind === "full") return false;
    if (verdict.kind === "tooFast") {
      this.#retryAt(verdict.retryAtMs);
      return false;
    }
    if (verdict.kind === "accepted") {
      this.#serve(socket);
      return true;
    }
    const limit = verdict.connectionsPerIpMax;
    logger.info(
      {},
      `Rejected connection from ${host}, address already has the configured maximum of ${limit} connections.`,
    );
    socket.destroy();
    return true;
  }

  #retryAt(timeMs: number): void {
    const { clock, timers } = this.#deps;
    this.#retry?.cancel();
    this.#retry = timers.after(timeMs - clock.monotonicMs(), () => this.admitWaiting());
  }

  #serve(socket: NetSocket): void {
    const { logger, onAccepted } = this.#deps;
    const info = new AcceptedConnection(socket, this.name, this.#options.scope, this.#nextIndex++);
    this.#connections.add(new Connection(socket, info, this.#connectionDeps));
    socket.resume();
    logger.debug({ peer: peerText(info), listener: this.name }, "Connection accepted");
    onAccepted();
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#deps.quotas.release(this.name, connection.info.peer.host);
    if (this.#connections.size === 0) this.#whenEmpty?.();
    this.#deps.onReleased();
  }
}

class AcceptedConnection implements ConnectionInfo {
  readonly listenerName: string;
  readonly scope: ListenerScope;
  readonly peer: SocketAddress;
  clientSoftwareName = "unknown";
  clientSoftwareVersion = "unknown";
  readonly #local: SocketAddress;
  readonly #index: number;

  constructor(socket: NetSocket, listenerName: string, scope: ListenerScope, index: number) {
    this.listenerName = listenerName;
    this.scope = scope;
    this.peer = socket.remote;
    this.#local = socket.local;
    this.#index = index;
  }

  /** Hardly ever asked for, and longer than all the rest. */
  get id(): string {
    const { peer } = this;
    return `${this.#local.host}:${this.#local.port}-${peer.host}:${peer.port}-0-${this.#index}`;
  }
}
