import { readFileSync } from "node:fs";
import { apis, type Api, type ApiName } from "../../src/protocol/apis.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { type AnyHandler, type Handler } from "../../src/server/handler.ts";
import { promised } from "../../src/server/later-result.ts";
import { testContext } from "../unit/server/test-context.ts";

/** A request to Apache Kafka 4.3.0 and its answer: bodies as hex, without headers. */
export interface Exchange {
  readonly api: ApiName;
  readonly version: number;
  readonly request: string;
  readonly response: string;
}

const folder = new URL("../data/kafka-answers/", import.meta.url);

export function kafkaAnswersFile(name: string): Buffer {
  return readFileSync(new URL(name, folder));
}

export function recordedExchanges(name: string): Exchange[] {
  return kafkaAnswersFile(name)
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Exchange);
}

export function decodedRequest({ api, version, request }: Exchange): object {
  return codecOf((apis[api] as Api).request, version).decode(new Reader(Buffer.from(request, "hex"))) as object;
}

export function kafkasAnswer({ api, version, response }: Exchange): object {
  return codecOf((apis[api] as Api).response, version).decode(new Reader(Buffer.from(response, "hex"))) as object;
}

/** What our handler answers, after a trip through the codec of that version. */
export async function ourAnswer(handlers: readonly AnyHandler[], exchange: Exchange, request: object): Promise<object> {
  const api = apis[exchange.api] as Api;
  const handler = handlers.find((each) => each.api === exchange.api) as unknown as Handler<"metadata">;
  const context = testContext({ apiKey: api.key, apiVersion: exchange.version });
  const answer = await promised(handler.handle(request as never, context));
  const codec = codecOf(api.response, exchange.version);
  const writer = new Writer();
  codec.encode(writer, answer as object);
  return codec.decode(new Reader(writer.toBuffer())) as object;
}

/** Lists in an order of their own: Kafka keeps most in hash maps. Synonyms of configurations are ranked, and stay. */
export function ordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isRanked = value.some((entry) => typeof entry === "object" && entry !== null && "source" in entry);
    const entries = value.map(ordered);
    return isRanked ? entries : entries.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, ordered(inner)]));
}
