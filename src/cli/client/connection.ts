import { type Net, type NetSocket, type SocketAddress, type Timers } from "../../io/ports.ts";
import { type Api, type ApiName, type ApiRequest, type ApiResponse, apis } from "../../protocol/apis.ts";
import { codecOf } from "../../protocol/codec.ts";
import { Errors } from "../../protocol/errors.ts";
import { responseHeader } from "../../protocol/headers.ts";
import { Reader } from "../../protocol/reader.ts";
import { encodeRequestFrame, responseHeaderVersion } from "../../protocol/request-header.ts";
import { type Draft, type VersionRange } from "../../protocol/schema.ts";
import { AnswerAssembler } from "./answer-assembler.ts";
import { DisconnectError, KafkaError, throwIfError } from "./kafka-error.ts";

export interface ConnectionOptions {
  readonly net: Net;
  readonly timers: Timers;
  readonly clientId: string;
  readonly requestTimeoutMs: number;
}

interface Pending {
  readonly api: Api;
  readonly version: number;
  readonly timeout: { cancel(): void };
  resolve(response: unknown): void;
  reject(error: Error): void;
}

const connectTimeoutMs = 10_000;
const correlationIdBytes = 4;
const clientSoftwareName = "odradek-cli";
const clientSoftwareVersion = "4.3.0";

/** One connection to one broker: pipelined requests whose answers come back in order, in versions that both sides speak. */
export class Connection {
  onClose: () => void = () => {};
  readonly #socket: NetSocket;
  readonly #options: ConnectionOptions;
  /** By correlation id, in the order sent, which is the order in which a broker answers. */
  readonly #pending = new Map<number, Pending>();
  #versions = new Map<number, VersionRange>();
  #features = new Map<string, number>();
  #nextCorrelationId = 0;
  #isClosed = false;

  private constructor(socket: NetSocket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    const frames = new AnswerAssembler((frame) => this.#onFrame(frame));
    socket.user = {
      received: (chunk) => frames.push(chunk),
      closed: () => this.#fail(new DisconnectError()),
    };
  }

  /**
   * Connects and learns which versions the broker speaks.
   * @throws NetError when there is no connection; DisconnectError when it broke
   */
  static async open(address: SocketAddress, options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(await options.net.connect(address, connectTimeoutMs), options);
    await connection.#negotiate();
    return connection;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The highest version that both sides speak; undefined when the broker does not serve the API. */
  versionOf(name: ApiName): number | undefined {
    const api: Api = apis[name];
    const theirs = this.#versions.get(api.key);
    if (theirs === undefined) return undefined;
    const stable = api.request.latestVersionUnstable ? api.request.versions.to - 1 : api.request.versions.to;
    const version = Math.min(stable, theirs.to);
    return version >= Math.max(api.request.versions.from, theirs.from) ? version : undefined;
  }

  /** The level of a feature in the broker's cluster; 0 when it does not tell. */
  featureLevel(name: string): number {
    return this.#features.get(name) ?? 0;
  }

  /**
   * Sends a request and resolves with the answer.
   * @param versionMax a version that must not be exceeded although both sides speak higher ones
   * @throws KafkaError UNSUPPORTED_VERSION when the broker does not serve the API
   * @throws DisconnectError when the connection broke, or no answer came in time (which also ends the connection)
   */
  send<N extends ApiName>(
    name: N,
    request: Draft<ApiRequest<N>>,
    timeoutMs?: number,
    versionMax = Number.POSITIVE_INFINITY,
  ): Promise<ApiResponse<N>> {
    const common = this.versionOf(name);
    const version = common === undefined ? undefined : Math.min(common, versionMax);
    if (version === undefined) {
      return Promise.reject(
        new KafkaError(Errors.UNSUPPORTED_VERSION, `The node does not support ${apis[name].name.toUpperCase()}`),
      );
    }
    return this.#exchange(apis[name] as Api, version, request, timeoutMs) as Promise<ApiResponse<N>>;
  }

  /** Sends a Produce request with acks=0, which no broker answers. */
  sendWithoutAnswer(request: Draft<ApiRequest<"produce">>): void {
    const version = this.versionOf("produce");
    if (version !== undefined && !this.#isClosed) this.#write(apis.produce as Api, version, request);
  }

  close(): void {
    this.#fail(new DisconnectError());
    this.#socket.end();
  }

  /** Ends a connection in whatever state it is. */
  destroy(): void {
    this.#fail(new DisconnectError());
    this.#socket.destroy();
  }

  async #negotiate(): Promise<void> {
    const api = apis.apiVersions as Api;
    const request = { clientSoftwareName, clientSoftwareVersion };
    const ask = (version: number) => this.#exchange(api, version, request) as Promise<ApiResponse<"apiVersions">>;
    let answer = await ask(apis.apiVersions.request.versions.to);
    // An older broker answers in version 0 what it speaks instead.
    if (answer.errorCode === Errors.UNSUPPORTED_VERSION) {
      answer = await ask(answer.apiKeys.find(({ apiKey }) => apiKey === api.key)?.maxVersion ?? 0);
    }
    throwIfError(answer.errorCode);
    this.#features = new Map(
      (answer.finalizedFeatures ?? []).map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
    );
    this.#versions = new Map(
      answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { from: minVersion, to: maxVersion }]),
    );
  }

  #exchange(api: Api, version: number, request: unknown, timeoutMs = this.#options.requestTimeoutMs): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new DisconnectError());
    return new Promise((resolve, reject) => {
      const timeout = this.#options.timers.after(timeoutMs, () => this.destroy());
      const correlationId = this.#write(api, version, request);
      this.#pending.set(correlationId, { api, version, timeout, resolve, reject });
    });
  }

  #write(api: Api, version: number, request: unknown): number {
    const correlationId = this.#nextCorrelationId++;
    const header = { correlationId, clientId: this.#options.clientId };
    this.#socket.write(encodeRequestFrame(api, version, header, request as Draft<unknown>).slices());
    return correlationId;
  }

  #onFrame(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0);
    const pending = this.#pending.get(correlationId);
    if (pending === undefined) {
      this.destroy();
      return;
    }
    this.#pending.delete(correlationId);
    pending.timeout.cancel();
    const { api } = pending;
    let { version } = pending;
    // To an ApiVersions version that it does not know a broker answers in version 0 (KIP-511).
    if (api.key === apis.apiVersions.key && frame.readInt16BE(correlationIdBytes) === Errors.UNSUPPORTED_VERSION)
      version = 0;
    try {
      const reader = new Reader(frame);
      codecOf(responseHeader, responseHeaderVersion(api, version)).decode(reader);
      pending.resolve(codecOf(api.response, version).decode(reader));
    } catch (error) {
      pending.reject(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { reject, timeout } of this.#pending.values()) {
      timeout.cancel();
      reject(error);
    }
    this.#pending.clear();
    this.onClose();
  }
}
