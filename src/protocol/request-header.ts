import { type Api } from "./apis.ts";
import { codecOf } from "./codec.ts";
import { requestHeader, responseHeader, type RequestHeader } from "./headers.ts";
import { type Reader } from "./reader.ts";
import { inRange, type Draft } from "./schema.ts";
import { Writer } from "./writer.ts";

const apiVersionsKey = 18;

/** Version of the header in front of a request: 2 has tagged fields, as flexible bodies have. */
export function requestHeaderVersion(api: Api, version: number): number {
  return inRange(api.request.flexible, version) ? 2 : 1;
}

/**
 * Version of the header in front of a response. ApiVersions stays at 0 for ever, since a client reads that answer before
 * it knows what the broker speaks (KIP-511).
 */
export function responseHeaderVersion(api: Api, version: number): number {
  if (api.key === apiVersionsKey) return 0;
  return inRange(api.response.flexible, version) ? 1 : 0;
}

/** The part of a request header that every version begins with; enough to choose the version of the rest. */
export interface RequestPrefix {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
}

/**
 * Reads the first eight bytes of a request and leaves the reader where it was.
 * @throws DecodeError when there are fewer
 */
export function peekRequestPrefix(reader: Reader): RequestPrefix {
  const start = reader.offset;
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  reader.offset = start;
  return { apiKey, apiVersion, correlationId };
}

/** Reads the header in front of a request of that API and version. */
export function decodeRequestHeader(reader: Reader, headerVersion: number): RequestHeader {
  return codecOf(requestHeader, headerVersion).decode(reader);
}

/** A request as it travels, its length in front: what a client sends. */
export function encodeRequestFrame<Request>(
  api: Api<Request, unknown>,
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  body: Draft<Request>,
): Writer {
  const writer = new Writer();
  const mark = writer.beginFrame();
  const headerVersion = requestHeaderVersion(api as Api, version);
  codecOf(requestHeader, headerVersion).encode(writer, {
    requestApiKey: api.key,
    requestApiVersion: version,
    correlationId: header.correlationId,
    clientId: header.clientId,
  });
  codecOf(api.request, version).encode(writer, body);
  writer.endFrame(mark);
  return writer;
}

/** A response as it travels, its length in front. */
export function encodeResponseFrame<Response>(
  api: Api<unknown, Response>,
  version: number,
  correlationId: number,
  body: Draft<Response>,
): Writer {
  const writer = new Writer();
  const mark = writer.beginFrame();
  codecOf(responseHeader, responseHeaderVersion(api as Api, version)).encode(writer, { correlationId });
  codecOf(api.response, version).encode(writer, body);
  writer.endFrame(mark);
  return writer;
}
