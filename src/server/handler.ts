import { type SocketAddress } from "../io/ports.ts";
import { type ApiName, type ApiRequest, type ApiResponse, type ListenerScope } from "../protocol/apis.ts";
import { type Draft } from "../protocol/schema.ts";
import { type LaterResult } from "./later-result.ts";

/** What is known of the client at the other end of a connection. */
export interface ConnectionInfo {
  /** `local:port-remote:port-0-index`, as Kafka writes it; never used twice. */
  readonly id: string;
  readonly listenerName: string;
  /** Which APIs are served here. */
  readonly scope: ListenerScope;
  readonly peer: SocketAddress;
  /** Set by ApiVersions; "unknown" until then. */
  clientSoftwareName: string;
  clientSoftwareVersion: string;
}

export interface RequestContext {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly listenerName: string;
  readonly peer: SocketAddress;
  readonly connectionId: string;
  readonly clientSoftwareName: string;
  readonly clientSoftwareVersion: string;
  readonly connection: ConnectionInfo;
}

/**
 * What a handler gives back to have the connection closed: how an error reaches a client that asked for no answer
 * (a produce with acks=0).
 */
export const closeConnection = Symbol("close connection");

/** The response; null when the client wants none. */
export type HandlerResult<N extends ApiName> = Draft<ApiResponse<N>> | null | typeof closeConnection;

/** The same at once or later: with a promise, or with what is cheaper for requests that come by the ten thousand. */
export type HandlerAnswer<N extends ApiName> =
  | HandlerResult<N>
  | Promise<HandlerResult<N>>
  | LaterResult<HandlerResult<N>>;

/**
 * Serves one API. The next request of the connection starts when `handle` has returned, also while its answer is
 * pending: whatever fixes an order (an append) happens before. Answers leave in the order of the requests.
 */
export interface Handler<N extends ApiName> {
  readonly api: N;
  /**
   * The connection starts nothing else until this request is answered, as Kafka does for every API: for answers so large
   * that pipelining must not multiply them.
   */
  readonly holdsConnection?: boolean;
  /**
   * The request's bytes are read before `handle` returns, or copied: it is decoded where it was received. The requests of
   * other handlers are copied first, so that a field of bytes may be kept.
   */
  readonly readsInPlace?: boolean;
  handle(request: ApiRequest<N>, context: RequestContext): HandlerAnswer<N>;
}

/** A handler of some API. */
export type AnyHandler = { readonly [N in ApiName]: Handler<N> }[ApiName];
