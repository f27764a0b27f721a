import { connect, type Socket } from "node:net";
import { type Api, type ApiName, type ApiRequest, type ApiResponse, apis } from "../../src/protocol/apis.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { responseHeader } from "../../src/protocol/headers.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { encodeRequestFrame, responseHeaderVersion } from "../../src/protocol/request-header.ts";
import { type Draft } from "../../src/protocol/schema.ts";

interface Pending {
  readonly api: Api;
  readonly version: number;
  resolve(response: unknown): void;
  reject(error: Error): void;
}

/** The broker ended the connection before it answered. */
export class Disconnected extends Error {}

/** One connection on which a test sends exactly the requests and versions that it names. */
export class Wire {
  readonly #socket: Socket;
  readonly #clientId: string;
  #pending: Pending[] = [];
  #received: Buffer = Buffer.alloc(0);
  #correlationId = 0;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket, clientId: string) {
    this.#socket = socket;
    this.#clientId = clientId;
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        for (const { api, reject } of this.#pending) reject(new Disconnected(`${api.name}: the connection was closed`));
        this.#pending = [];
        resolve();
      });
    });
  }

  static connect(port: number, clientId = "test"): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Wire(socket, clientId)));
    });
  }

  send<N extends ApiName>(name: N, version: number, body: Draft<ApiRequest<N>>): Promise<ApiResponse<N>> {
    const api = apis[name] as Api;
    if (this.#socket.destroyed) return Promise.reject(new Disconnected(`${name}: the connection was closed before`));
    return new Promise((resolve, reject) => {
      this.#pending.push({ api, version, reject, resolve: resolve as (response: unknown) => void });
      this.#write(api, version, body);
    });
  }

  /** For what is not answered: Produce with acks=0. */
  sendOnly<N extends ApiName>(name: N, version: number, body: Draft<ApiRequest<N>>): void {
    this.#write(apis[name] as Api, version, body);
  }

  close(): void {
    this.#socket.destroy();
  }

  #write(api: Api, version: number, body: unknown): void {
    const header = { correlationId: this.#correlationId++, clientId: this.#clientId };
    this.#socket.write(encodeRequestFrame(api, version, header, body as Draft<unknown>).toBuffer());
  }

  #onData(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readInt32BE(0)) {
      const end = 4 + this.#received.readInt32BE(0);
      const frame = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      const pending = this.#pending.shift();
      if (pending === undefined) throw new Error("an answer that nobody waits for");
      const { api, version, resolve, reject } = pending;
      try {
        const reader = new Reader(frame);
        codecOf(responseHeader, responseHeaderVersion(api, version)).decode(reader);
        resolve(codecOf(api.response, version).decode(reader));
      } catch (error) {
        reject(error as Error);
      }
    }
  }
}
