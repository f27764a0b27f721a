import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { AnswerAssembler } from "../../src/cli/client/answer-assembler.ts";
import { apiByKey, apis, type ApiName, type ApiRequest, type ApiResponse } from "../../src/protocol/apis.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { Reader } from "../../src/protocol/reader.ts";
import {
  decodeRequestHeader,
  encodeResponseFrame,
  peekRequestPrefix,
  requestHeaderVersion,
} from "../../src/protocol/request-header.ts";
import { type Draft } from "../../src/protocol/schema.ts";

/** What the broker, which listens at `port`, says to a request; "disconnect" ends the connection without an answer. */
export type Answers = {
  [N in ApiName]?: (request: ApiRequest<N>, port: number) => Draft<ApiResponse<N>> | "disconnect";
};

/** A broker on a real socket that says what a test wants it to: how clients take failures is hard to provoke otherwise. */
export class AnsweringBroker {
  readonly #server: Server;
  readonly #answers: Answers;
  readonly #sockets = new Set<Socket>();

  private constructor(answers: Answers) {
    this.#answers = answers;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Metadata (one broker, which leads the one partition of each topic) and ApiVersions are answered anyway. */
  static async start(answers: Answers): Promise<AnsweringBroker> {
    const broker = new AnsweringBroker(answers);
    await new Promise<void>((resolve) => broker.#server.listen(0, "127.0.0.1", resolve));
    return broker;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    const frames = new AnswerAssembler((frame) => this.#answer(socket, frame));
    socket.on("data", (chunk) => frames.push(chunk as Buffer));
  }

  #answer(socket: Socket, frame: Buffer): void {
    const reader = new Reader(frame);
    const { apiKey, apiVersion } = peekRequestPrefix(reader);
    const api = apiByKey(apiKey);
    if (api === undefined) throw new Error(`No API ${apiKey}`);
    const { correlationId } = decodeRequestHeader(reader, requestHeaderVersion(api, apiVersion));
    const request = codecOf(api.request, apiVersion).decode(reader);
    const name = (Object.keys(apis) as ApiName[]).find((candidate) => apis[candidate].key === apiKey)!;
    const given = this.#answers[name] as
      | ((request: unknown, port: number) => Draft<unknown> | "disconnect")
      | undefined;
    const answer = given?.(request, this.port) ?? this.#usual(name, request);
    if (answer === "disconnect") socket.destroy();
    else socket.write(encodeResponseFrame(api, apiVersion, correlationId, answer as Draft<unknown>).toBuffer());
  }

  #usual(name: ApiName, request: unknown): Draft<unknown> {
    if (name === "apiVersions") return { apiKeys: Object.values(apis).map(versionsOf) };
    if (name !== "metadata") throw new Error(`Nothing to say to ${name}`);
    const { topics } = request as ApiRequest<"metadata">;
    return {
      brokers: [{ nodeId: 1, host: "127.0.0.1", port: this.port }],
      topics: (topics ?? []).map((topic) => ({
        name: topic.name,
        topicId: topicIdOf,
        partitions: [{ partitionIndex: 0, leaderId: 1, leaderEpoch: 0, replicaNodes: [1], isrNodes: [1] }],
      })),
    };
  }
}

/** The id of every topic: tests have one. */
export const topicIdOf = "2LmeHqSfQ0mYb1x0xZ9Wcg";

function versionsOf({ key, request }: (typeof apis)[ApiName]): Draft<object> {
  const { from, to } = request.versions;
  return { apiKey: key, minVersion: from, maxVersion: request.latestVersionUnstable ? to - 1 : to };
}
