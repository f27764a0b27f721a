import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Api } from "../../src/protocol/apis.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { Errors, errorName } from "../../src/protocol/errors.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { encodeRequestFrame, responseHeaderVersion } from "../../src/protocol/request-header.ts";
import { type Draft } from "../../src/protocol/schema.ts";

const retryMs = 5;

interface Waiting {
  resolve(frame: Buffer): void;
  reject(error: Error): void;
}

/** One connection for loads that wait for each answer: it encodes and decodes, which pipelined loads cannot afford. */
export class LoadClient {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #received: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the broker closed the connection")));
  }

  static open(port: number): Promise<LoadClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new LoadClient(socket)));
    });
  }

  /** Answers come in the order of the calls. */
  async call<Request, Response>(api: Api<Request, Response>, version: number, body: Draft<Request>): Promise<Response> {
    const header = { correlationId: 0, clientId: "bench" };
    this.#socket.write(encodeRequestFrame(api, version, header, body).toBuffer());
    const frame = await new Promise<Buffer>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    const bodyAt = responseHeaderVersion(api as Api, version) === 0 ? 8 : 9;
    return codecOf(api.response, version).decode(new Reader(frame, bodyAt));
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const sizeBytes = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < sizeBytes) return;
      this.#waiting.shift()?.resolve(this.#received.subarray(0, sizeBytes));
      this.#received = this.#received.subarray(sizeBytes);
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** Errors that pass: the coordinator loads, or the last transaction is being completed. */
const passing = new Set<number>([
  Errors.COORDINATOR_NOT_AVAILABLE,
  Errors.COORDINATOR_LOAD_IN_PROGRESS,
  Errors.NOT_COORDINATOR,
  Errors.CONCURRENT_TRANSACTIONS,
]);

/**
 * Asks again while the error passes.
 * @throws Error for any other one
 */
export async function untilAnswered<T>(
  what: string,
  errorOf: (answer: T) => number,
  ask: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    const error = errorOf(answer);
    if (error === Errors.NONE) return answer;
    if (!passing.has(error)) throw new Error(`${what}: ${errorName(error)}`);
    await sleep(retryMs);
  }
}
