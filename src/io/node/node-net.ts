import { lookup } from "node:dns/promises";
import {
  connect,
  createServer,
  isIP,
  Socket,
  type AddressInfo,
  type Server,
  type SocketConstructorOpts,
} from "node:net";
import { NetError, type Net, type NetServer, type NetSocket, type SocketAddress, type SocketUser } from "../ports.ts";

/**
 * How long a socket that we ended may stay open for a peer that does not close its side. Closing at once would reset the
 * connection while our last bytes are on their way, and the peer would never see them.
 */
const lingerMs = 1_000;

/** TCP of this machine. */
export const nodeNet: Net = {
  async listen({ host, port }: SocketAddress, onConnection: (socket: NetSocket) => void): Promise<NetServer> {
    // A name may stand for addresses of both families; Java, whose configuration files we read, binds the IPv4 one.
    // An empty host is Kafka's way to say all interfaces, which Node does when it is given none.
    const where = host === "" ? { port } : { port, host: await addressOf(host) };
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true }, (accepted) => {
        // A socket keeps what it tells of its ends; the one that we keep is not asked.
        const ends = endsOf(accepted);
        // The peer may be gone between its handshake and our accept; then there is nobody to serve.
        if (ends === undefined) accepted.destroy();
        else onConnection(new NodeSocket(accepted, ends, handleTakenFrom(accepted)));
      });
      server.once("error", (error) => reject(netErrorOf(error)));
      server.listen(where, () => {
        server.removeAllListeners("error");
        // After the start only accept can fail (no descriptor left); the connections that are there go on.
        server.on("error", ignore);
        resolve(new NodeServer(server));
      });
    });
  },

  connect({ host, port }: SocketAddress, timeoutMs: number): Promise<NetSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true, keepAlive: true });
      const fail = (error: Error): void => {
        socket.destroy();
        reject(netErrorOf(error));
      };
      socket.once("error", fail);
      socket.setTimeout(timeoutMs, () => {
        fail(new NetError("ETIMEDOUT", `no connection to ${host}:${port} within ${timeoutMs} ms`));
      });
      socket.once("connect", () => {
        socket.setTimeout(0);
        socket.off("error", fail);
        const ends = endsOf(socket);
        if (ends === undefined) fail(new NetError("ECONNRESET", `${host}:${port} has closed the connection`));
        else resolve(new NodeSocket(socket, ends));
      });
    });
  },
};

async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host, { verbatim: false })).address;
  } catch (error) {
    throw error instanceof Error ? netErrorOf(error) : error;
  }
}

/** What every accepted socket reads into: bytes are handled before anything else is read. */
let receiveBuffer: Buffer | undefined;
const receiveBufferBytes = 524_288;

interface WithHandle {
  _handle: object | null | undefined;
}

/**
 * The connection of an accepted socket, for another socket that reads into one buffer for all. Node gives each read of an
 * accepted socket 64 KiB of its own, which keeps the collector busy, and takes an `onread` buffer only where a socket is
 * made: so one is made around the accepted handle. Without such a handle the socket stays as it is, and only costs more.
 */
function handleTakenFrom(accepted: Socket): object | undefined {
  const withHandle = accepted as unknown as WithHandle;
  const handle = withHandle._handle ?? undefined;
  if (handle !== undefined) withHandle._handle = null;
  return handle;
}

class NodeServer implements NetServer {
  readonly address: SocketAddress;
  readonly #server: Server;

  constructor(server: Server) {
    const { address, port } = server.address() as AddressInfo;
    this.address = { host: address, port };
    this.#server = server;
  }

  close(): Promise<void> {
    // Node would call back after the last socket has closed; accepting ends at once.
    this.#server.close();
    return Promise.resolve();
  }
}

function ignore(): void {}

const nobody: SocketUser = { received: ignore, closed: ignore };

interface Ends {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
}

/** undefined when the connection is gone. */
function endsOf(socket: Socket): Ends | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined) return undefined;
  const remote = { host: addressText(remoteAddress), port: remotePort ?? 0 };
  return { remote, local: localEnd(addressText(localAddress), localPort ?? 0) };
}

let latestLocal: SocketAddress = { host: "", port: 0 };

/** Connections to the same address of this machine, which most are, share what tells it. */
function localEnd(host: string, port: number): SocketAddress {
  if (latestLocal.host !== host || latestLocal.port !== port) latestLocal = { host, port };
  return latestLocal;
}

class NodeSocket implements NetSocket {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  user: SocketUser = nobody;
  readonly #socket: Socket;
  readonly #onWritten: () => void;
  /** What it reads into. */
  #target: Buffer | undefined;
  #drainIsDue = false;
  #isEnding = false;
  /** Ends what `end` waits for: the peer's side of the connection. */
  #lingering: NodeJS.Timeout | undefined;

  /** @param handle what was taken from the socket: then another one is made around it */
  constructor(socket: Socket, { remote, local }: Ends, handle?: object) {
    this.remote = remote;
    this.local = local;
    // All functions of a socket's own are made here: they share what they refer to.
    this.#onWritten = () => this.#written();
    if (handle === undefined) {
      this.#socket = socket.on("data", (chunk: Buffer) => this.#received(chunk));
    } else {
      const onread = {
        // Asked by the constructor, and then after each read; undefined leaves it as it is.
        buffer: () => this.#otherTarget(),
        callback: (length: number, buffer: Uint8Array) => {
          this.#received((buffer as Buffer).subarray(0, length));
          return true;
        },
      };
      this.#socket = new Socket({ handle, onread } as SocketConstructorOpts);
    }
    // What the error was can be asked of the socket when it is closed.
    this.#socket.on("error", ignore);
    // A peer that ends its side is done with us, as Kafka takes it: Node sends what is queued and closes ours.
    this.#socket.on("close", () => this.#closed());
  }

  #received(chunk: Buffer): void {
    if (!this.#isEnding) this.user.received(chunk);
  }

  #otherTarget(): Buffer | undefined {
    const target = this.user.receiveInto?.() ?? (receiveBuffer ??= Buffer.allocUnsafeSlow(receiveBufferBytes));
    if (target === this.#target) return undefined;
    this.#target = target;
    return target;
  }

  #closed(): void {
    clearTimeout(this.#lingering);
    const error = this.#socket.errored;
    if (error === null) this.user.closed();
    else this.user.closed(netErrorOf(error));
  }

  write(slices: readonly Buffer[]): boolean {
    const socket = this.#socket;
    const last = slices.length - 1;
    // Corked writes leave in one vectored call. Node's own "drain" stays silent for writes below its high-water mark, even
    // when the system took none of their bytes: so the last slice reports when it has left.
    if (last > 0) socket.cork();
    for (let index = 0; index < last; index++) socket.write(slices[index] as Buffer);
    if (last >= 0) socket.write(slices[last] as Buffer, this.#onWritten);
    if (last > 0) socket.uncork();
    this.#drainIsDue = socket.writableLength > 0;
    return !this.#drainIsDue;
  }

  #written(): void {
    if (!this.#drainIsDue || this.#socket.writableLength > 0 || this.#socket.destroyed) return;
    this.#drainIsDue = false;
    this.user.drained?.();
  }

  queuedBytes(): number {
    return this.#socket.writableLength;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    const socket = this.#socket;
    if (socket.destroyed || this.#isEnding) return;
    this.#isEnding = true;
    socket.resume();
    socket.end(() => {
      if (!socket.destroyed) this.#lingering = setTimeout(() => socket.destroy(), lingerMs).unref();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A socket of both families shows an IPv4 peer as "::ffff:192.0.2.1"; people, logs and limits know it without that. */
function addressText(address = ""): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice("::ffff:".length) : address;
}

function netErrorOf(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException;
  return error instanceof NetError || code === undefined ? error : new NetError(code, error.message);
}
