import { type Logger } from "../io/ports.ts";
import { apiByKey, apis, type Api, type ListenerScope } from "../protocol/apis.ts";
import { codecOf } from "../protocol/codec.ts";
import { Errors } from "../protocol/errors.ts";
import { DecodeError, Reader } from "../protocol/reader.ts";
import {
  decodeRequestHeader,
  encodeResponseFrame,
  peekRequestPrefix,
  requestHeaderVersion,
  type RequestPrefix,
} from "../protocol/request-header.ts";
import { inRange, type Draft } from "../protocol/schema.ts";
import { TextCache } from "../protocol/text-cache.ts";
import { PendingAnswer, type Answer } from "./answer.ts";
import { errorResponseOf } from "./error-response.ts";
import {
  closeConnection,
  type ConnectionInfo,
  type Handler,
  type HandlerAnswer,
  type HandlerResult,
  type RequestContext,
} from "./handler.ts";
import { type HandlerTable } from "./handler-table.ts";
import { LaterResult } from "./later-result.ts";

/** A request that gets no answer: the connection is closed, as Kafka does. */
export class RequestError extends Error {
  override readonly name = "RequestError";
}

type UntypedHandler = Handler<"metadata">;
type UntypedResult = HandlerResult<"metadata">;

/** Finds the handler of a request, and turns bytes into its argument and its result into bytes. */
export class Router {
  readonly #table: HandlerTable;
  readonly #logger: Logger;
  /** Topics and clients: the same names and ids come with every request that is decoded in place. */
  readonly #texts = new TextCache();
  #requestCount = 0;

  constructor(table: HandlerTable, logger: Logger) {
    this.#table = table;
    this.#logger = logger;
  }

  get requestCount(): number {
    return this.#requestCount;
  }

  /**
   * Starts the request in `frame` (header and body, without the length).
   * @throws RequestError when it is no request that is served on this listener
   */
  route(frame: Buffer, connection: ConnectionInfo): Answer | PendingAnswer {
    this.#requestCount++;
    try {
      return this.#route(new Reader(frame, 0, frame.length, this.#texts), connection);
    } catch (error) {
      if (error instanceof DecodeError) throw new RequestError(error.message, { cause: error });
      throw error;
    }
  }

  #route(reader: Reader, connection: ConnectionInfo): Answer | PendingAnswer {
    const prefix = peekRequestPrefix(reader);
    const api = apiByKey(prefix.apiKey);
    if (api === undefined) throw new RequestError(`Unexpected api key: ${prefix.apiKey}`);
    const header = decodeRequestHeader(reader, requestHeaderVersion(api, prefix.apiVersion));
    const handler = this.#handlerOf(api, prefix.apiVersion, connection.scope);
    if (handler === undefined) return unsupportedApiVersions(prefix);
    const body = handler.readsInPlace === true ? reader : owned(reader);
    const request = codecOf(api.request, prefix.apiVersion).decode(body) as never;
    const context = new Context(prefix, header.clientId, connection);
    let result: HandlerAnswer<"metadata">;
    try {
      result = handler.handle(request, context);
    } catch (error) {
      return this.#failed(api, request, context, error);
    }
    if (result instanceof LaterResult) return this.#pendingUntil(result, api, request, context);
    if (!(result instanceof Promise)) return this.#encode(api, request, context, result);
    const pending = new PendingAnswer(handler.holdsConnection === true);
    result.then(
      (response) => pending.settle(this.#encode(api, request, context, response)),
      (error: unknown) => pending.settle(this.#failed(api, request, context, error)),
    );
    return pending;
  }

  #pendingUntil(result: LaterResult<UntypedResult>, api: Api, request: never, context: RequestContext): PendingAnswer {
    const pending = new PendingAnswer(false);
    result.onSettled = (response) => pending.settle(this.#encode(api, request, context, response));
    return pending;
  }

  /** undefined for a version of ApiVersions that does not exist, the one thing unsupported that gets an answer. */
  #handlerOf(api: Api, version: number, scope: ListenerScope): UntypedHandler | undefined {
    const served = this.#table.find(api.key, scope);
    if (served === undefined) {
      throw new RequestError(
        `Received request for disabled api with key ${api.key} (${api.name}) and version ${version}`,
      );
    }
    if (inRange(served.versions, version)) return served.handler as UntypedHandler;
    if (api.key === apis.apiVersions.key) return undefined;
    throw new RequestError(
      `Received request for api with key ${api.key} (${api.name}) and unsupported version ${version}`,
    );
  }

  #encode(api: Api, request: never, context: RequestContext, result: UntypedResult): Answer {
    if (result === null || result === closeConnection) return result;
    try {
      return encodeResponseFrame(api, context.apiVersion, context.correlationId, result).slices();
    } catch (error) {
      return this.#failed(api, request, context, error);
    }
  }

  /** A bug in a handler costs its request an answer that says so, and nobody else anything. */
  #failed(api: Api, request: never, context: RequestContext, error: unknown): Answer {
    this.#logger.error(
      { error, api: api.name, version: context.apiVersion, connection: context.connectionId },
      "Unexpected error handling request",
    );
    const response = errorResponseOf(api, context.apiVersion, request, Errors.UNKNOWN_SERVER_ERROR);
    if (response === undefined) return closeConnection;
    try {
      return encodeResponseFrame(api, context.apiVersion, context.correlationId, response as Draft<unknown>).slices();
    } catch {
      return closeConnection;
    }
  }
}

/** The rest of the request in memory of its own. */
function owned({ buffer, offset, end }: Reader): Reader {
  return new Reader(Buffer.from(buffer.subarray(offset, end)));
}

/** In version 0, which every client reads, with the versions that the client may ask again with (KIP-511). */
function unsupportedApiVersions({ correlationId }: RequestPrefix): Answer {
  const { from, to } = apis.apiVersions.request.versions;
  return encodeResponseFrame(apis.apiVersions, 0, correlationId, {
    errorCode: Errors.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: apis.apiVersions.key, minVersion: from, maxVersion: to }],
  }).slices();
}

class Context implements RequestContext {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly connection: ConnectionInfo;

  constructor(prefix: RequestPrefix, clientId: string | null, connection: ConnectionInfo) {
    this.apiKey = prefix.apiKey;
    this.apiVersion = prefix.apiVersion;
    this.correlationId = prefix.correlationId;
    this.clientId = clientId;
    this.connection = connection;
  }

  get listenerName(): string {
    return this.connection.listenerName;
  }

  get peer(): ConnectionInfo["peer"] {
    return this.connection.peer;
  }

  get connectionId(): string {
    return this.connection.id;
  }

  get clientSoftwareName(): string {
    return this.connection.clientSoftwareName;
  }

  get clientSoftwareVersion(): string {
    return this.connection.clientSoftwareVersion;
  }
}
