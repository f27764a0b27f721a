import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { apiByKey, type Api } from "../../../src/protocol/apis.ts";
import { codecOf } from "../../../src/protocol/codec.ts";
import { responseHeader } from "../../../src/protocol/headers.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import {
  decodeRequestHeader,
  encodeRequestFrame,
  encodeResponseFrame,
  peekRequestPrefix,
  requestHeaderVersion,
  responseHeaderVersion,
} from "../../../src/protocol/request-header.ts";

/** A frame without its length, as it went over the wire between a client and Apache Kafka 4.3.0. */
interface Capture {
  readonly client: string;
  readonly api: number;
  readonly version: number;
  readonly direction: "request" | "response";
  readonly hex: string;
}

const folder = new URL("../../data/captures/", import.meta.url);
const captures = readdirSync(folder).flatMap((file) =>
  readFileSync(new URL(file, folder), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Capture),
);

function requestAgain(api: Api, version: number, reader: Reader): Buffer {
  expect(peekRequestPrefix(reader)).toMatchObject({ apiKey: api.key, apiVersion: version });
  const header = decodeRequestHeader(reader, requestHeaderVersion(api, version));
  const body = codecOf(api.request, version).decode(reader);
  return encodeRequestFrame(api, version, header, body as object).toBuffer();
}

function responseAgain(api: Api, version: number, reader: Reader): Buffer {
  const header = codecOf(responseHeader, responseHeaderVersion(api, version)).decode(reader);
  const body = codecOf(api.response, version).decode(reader);
  return encodeResponseFrame(api, version, header.correlationId, body as object).toBuffer();
}

test.each([...new Set(captures.map(({ client }) => client))])(
  "%s: its frames decode, and encode to the same bytes",
  (client) => {
    const apis = new Set<number>();
    for (const { api: key, version, direction, hex } of captures.filter((capture) => capture.client === client)) {
      const api = apiByKey(key)!;
      const what = `${api.name} ${version} ${direction}`;
      const reader = new Reader(Buffer.from(hex, "hex"));
      const again = direction === "request" ? requestAgain(api, version, reader) : responseAgain(api, version, reader);
      expect(reader.remaining(), what).toBe(0);
      expect(again.readInt32BE(0), what).toBe(again.length - 4);
      expect(again.subarray(4).toString("hex"), what).toBe(hex);
      apis.add(key);
    }
    expect(apis.size).toBeGreaterThan(18);
  },
);
