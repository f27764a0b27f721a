import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { apis, type Api, type ApiName, type ApiRequest, type ApiResponse } from "../../../src/protocol/apis.ts";
import { codecOf } from "../../../src/protocol/codec.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { encodeRequestFrame, responseHeaderVersion } from "../../../src/protocol/request-header.ts";
import { type Draft } from "../../../src/protocol/schema.ts";

/** The bytes of a request, its length included. */
export function frameOf<N extends ApiName>(
  api: N,
  version: number,
  correlationId: number,
  body: Draft<ApiRequest<N>>,
): Buffer {
  return encodeRequestFrame(apis[api] as never, version, { correlationId, clientId: "raw" }, body as never).toBuffer();
}

/** `bytes` as a frame: behind their length. */
export function framed(bytes: Buffer): Buffer {
  const frame = Buffer.alloc(4 + bytes.length);
  frame.writeInt32BE(bytes.length);
  bytes.copy(frame, 4);
  return frame;
}

/** The body of an answer, which came without its length. */
export function answerOf<N extends ApiName>(api: N, version: number, frame: Buffer): ApiResponse<N> {
  const reader = new Reader(frame, 4);
  if (responseHeaderVersion(apis[api] as Api, version) === 1) reader.unsignedVarint();
  return codecOf((apis[api] as Api).response, version).decode(reader) as ApiResponse<N>;
}

/** A TCP connection on which a test writes any bytes, in any pieces, and sees what comes back. */
export class RawConnection {
  readonly socket: Socket;
  /** As the broker's log names this connection. */
  readonly peer: string;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #isClosed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    this.peer = `127.0.0.1:${socket.localPort}`;
    socket.on("data", (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#receivedBytes += chunk.length;
      this.#wake();
    });
    // A connection that the broker closes while we write is reset: that is an end like any other.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  close(): void {
    this.socket.destroy();
  }

  /** The next answer without its length; undefined when the connection ends first, "late" when nothing came in time. */
  async next(timeoutMs: number): Promise<Buffer | undefined | "late"> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const frame = this.#take();
      if (frame !== undefined) return frame;
      if (this.#isClosed) return undefined;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return "late";
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** One request and its answer. */
  async ask<N extends ApiName>(api: N, version: number, body: Draft<ApiRequest<N>>): Promise<ApiResponse<N>> {
    this.write(frameOf(api, version, 7, body));
    const frame = await this.next(60_000);
    if (!(frame instanceof Buffer)) throw new Error(`${api}: ${frame === "late" ? "no answer" : "connection closed"}`);
    return answerOf(api, version, frame);
  }

  #take(): Buffer | undefined {
    if (this.#receivedBytes < 4) return undefined;
    if ((this.#received[0] as Buffer).length < 4) this.#received = [Buffer.concat(this.#received)];
    const end = 4 + (this.#received[0] as Buffer).readInt32BE(0);
    if (this.#receivedBytes < end) return undefined;
    const bytes = this.#received.length === 1 ? (this.#received[0] as Buffer) : Buffer.concat(this.#received);
    this.#received = end === bytes.length ? [] : [bytes.subarray(end)];
    this.#receivedBytes -= end;
    return bytes.subarray(4, end);
  }
}
