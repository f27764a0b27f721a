import { BufferPool } from "../../../src/base/buffer-pool.ts";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { nodeClock } from "../../../src/io/node/node-clock.ts";
import { createLogger } from "../../../src/io/node/node-logger.ts";
import { nodeNet } from "../../../src/io/node/node-net.ts";
import { nodeTimers } from "../../../src/io/node/node-timers.ts";
import { apis, type ApiName, type ApiRequest } from "../../../src/protocol/apis.ts";
import { encodeRequestFrame } from "../../../src/protocol/request-header.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { HandlerTable } from "../../../src/server/handler-table.ts";
import { type AnyHandler, type Handler } from "../../../src/server/handler.ts";
import { apiVersionsHandler } from "../../../src/server/handlers/api-versions.ts";
import {
  defaultSocketServerOptions,
  SocketServer,
  type SocketServerOptions,
} from "../../../src/server/socket-server.ts";

export interface TestServer {
  readonly server: SocketServer;
  readonly ports: ReadonlyMap<string, number>;
  /** Lines of level info and above. */
  readonly log: { readonly level: string; readonly msg: string; readonly [field: string]: unknown }[];
  readonly bufferPool: BufferPool;
  client(listener?: string): Promise<TestClient>;
}

/** A server on free ports of the loopback interface, closed when the test is finished. */
export async function testServer(
  handlers: readonly AnyHandler[],
  overrides: Partial<SocketServerOptions> = {},
  isOpen = true,
  isDiskBehind: () => boolean = () => false,
): Promise<TestServer> {
  const log: TestServer["log"] = [];
  const write = (line: string): void => void log.push(JSON.parse(line) as TestServer["log"][number]);
  const table: HandlerTable = new HandlerTable(
    [apiVersionsHandler({ table: () => table, supportedFeatures: [], finalizedFeatures }), ...handlers],
    false,
  );
  const address = { host: "127.0.0.1", port: 0 };
  const bufferPool = new BufferPool();
  const server = new SocketServer(
    { ...defaultSocketServerOptions, listeners: [{ name: "PLAINTEXT", scope: "broker", address }], ...overrides },
    {
      net: nodeNet,
      clock: nodeClock,
      timers: nodeTimers,
      logger: createLogger({ format: "json", write }),
      handlers: table,
      bufferPool,
      isDiskBehind,
    },
  );
  onTestFinished(() => server.close(0));
  const addresses = await server.bind();
  if (isOpen) server.open();
  const ports = new Map([...addresses].map(([name, { port }]) => [name, port]));
  const client = (listener = "PLAINTEXT"): Promise<TestClient> => TestClient.connect(ports.get(listener) as number);
  return { server, ports, log, bufferPool, client };
}

function finalizedFeatures() {
  return { epoch: -1, levels: new Map<string, number>() };
}

/** Answers Heartbeat, the smallest of requests, with what `answer` makes of its group id. */
export function heartbeatHandler(answer: Handler<"heartbeat">["handle"]): Handler<"heartbeat"> {
  return { api: "heartbeat", handle: answer };
}

export function frame<N extends ApiName>(
  name: N,
  version: number,
  correlationId: number,
  body: Draft<ApiRequest<N>>,
  clientId: string | null = "test",
): Buffer {
  return encodeRequestFrame(apis[name] as never, version, { correlationId, clientId }, body as never).toBuffer();
}

export function heartbeat(correlationId: number, groupId = ""): Buffer {
  return frame("heartbeat", 0, correlationId, { groupId });
}

export const apiVersionsV0 = frame("apiVersions", 0, 77, {});

/** A bare socket that speaks in frames. */
export class TestClient {
  readonly socket: Socket;
  /** Resolves with all frames that came when the server has closed its side. */
  readonly closed: Promise<Buffer[]>;
  readonly frames: Buffer[] = [];
  #received = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  #isClosed = false;

  static connect(port: number): Promise<TestClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new TestClient(socket)));
    });
  }

  constructor(socket: Socket) {
    this.socket = socket;
    onTestFinished(() => void socket.destroy());
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.closed = new Promise((resolve) => {
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#isClosed = true;
        this.#wake();
        resolve(this.frames);
      });
    });
  }

  send(...parts: Buffer[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** The next answer, without its length. */
  async receive(): Promise<Buffer> {
    while (this.frames.length === 0) {
      if (this.#isClosed) throw new Error("the connection is closed");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.frames.shift() as Buffer;
  }

  /** Correlation ids of the next answers. */
  async receiveIds(count: number): Promise<number[]> {
    const ids: number[] = [];
    while (ids.length < count) ids.push((await this.receive()).readInt32BE(0));
    return ids;
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) break;
      this.frames.push(this.#received.subarray(4, end));
      this.#received = this.#received.subarray(end);
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

export function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

/** Waits, in real time, until `isTrue`. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
