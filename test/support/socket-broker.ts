import { connect, type Socket } from "node:net";
import { apis, type Api, type ApiName, type ApiRequest, type ApiResponse } from "../../src/protocol/apis.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { encodeRequestFrame, responseHeaderVersion } from "../../src/protocol/request-header.ts";
import { type Draft } from "../../src/protocol/schema.ts";
import { type ScriptedBroker } from "./group-script.ts";

/** How long answers that are on their way may take. */
const shortlyMs = 150;

/** A broker behind a real socket, Apache Kafka for one; times are real, too. */
export class SocketBroker implements ScriptedBroker {
  readonly #host: string;
  readonly #port: number;
  readonly #connections = new Map<string, Connection>();
  readonly #topicIds = new Map<string, string>();

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  async send<N extends ApiName>(
    connection: string,
    api: N,
    version: number,
    request: Draft<ApiRequest<N>>,
  ): Promise<ApiResponse<N>> {
    let open = this.#connections.get(connection);
    if (open === undefined) {
      open = await Connection.open(this.#host, this.#port);
      this.#connections.set(connection, open);
    }
    return open.send(apis[api] as unknown as Api<ApiRequest<N>, ApiResponse<N>>, version, request);
  }

  pass(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms === 0 ? shortlyMs : ms));
  }

  topicId(name: string): string {
    return this.#topicIds.get(name) ?? "";
  }

  /** Creates topics, and waits until groups have their coordinator. */
  async prepare(topics: Readonly<Record<string, number>>): Promise<void> {
    await this.send("prepare", "createTopics", 7, {
      topics: Object.entries(topics).map(([name, numPartitions]) => ({ name, numPartitions, replicationFactor: 1 })),
      timeoutMs: 10_000,
    });
    const { topics: described } = await this.send("prepare", "metadata", 12, { topics: null });
    for (const { name, topicId } of described) if (name !== null) this.#topicIds.set(name, topicId);
    for (;;) {
      const { errorCode } = await this.send("prepare", "heartbeat", 4, {
        groupId: "probe",
        memberId: "m",
        generationId: 1,
      });
      const found = await this.send("prepare", "findCoordinator", 4, { coordinatorKeys: ["probe"] });
      if (found.coordinators[0]?.errorCode === 0 && errorCode !== 16 && errorCode !== 15) return;
      await this.pass(500);
    }
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
  }
}

class Connection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #correlationId = 0;
  readonly #waiting = new Map<number, (frame: Buffer) => void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
  }

  static open(host: string, port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host, () => resolve(new Connection(socket)));
      socket.once("error", reject);
    });
  }

  send<Request, Response>(api: Api<Request, Response>, version: number, request: Draft<Request>): Promise<Response> {
    const correlationId = ++this.#correlationId;
    const frame = encodeRequestFrame(api, version, { correlationId, clientId: "script" }, request).toBuffer();
    this.#socket.write(frame);
    return new Promise((resolve) => {
      this.#waiting.set(correlationId, (answer) => {
        const reader = new Reader(answer, 4);
        if (responseHeaderVersion(api, version) === 1) reader.unsignedVarint();
        resolve(codecOf(api.response, version).decode(reader));
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) return;
      const frame = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      const correlationId = frame.readInt32BE(0);
      this.#waiting.get(correlationId)?.(frame);
      this.#waiting.delete(correlationId);
    }
  }
}
