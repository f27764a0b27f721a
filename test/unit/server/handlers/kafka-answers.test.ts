import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BrokerConfig } from "../../../../src/config/broker-config.ts";
import { parseProperties } from "../../../../src/config/properties.ts";
import { apis, type Api, type ApiName } from "../../../../src/protocol/apis.ts";
import { codecOf } from "../../../../src/protocol/codec.ts";
import { Reader } from "../../../../src/protocol/reader.ts";
import { Writer } from "../../../../src/protocol/writer.ts";
import { AutoTopicCreation } from "../../../../src/server/auto-topic-creation.ts";
import { type AnyHandler, type Handler } from "../../../../src/server/handler.ts";
import { alterConfigsHandler } from "../../../../src/server/handlers/alter-configs.ts";
import { describeClusterHandler } from "../../../../src/server/handlers/describe-cluster.ts";
import { describeConfigsHandler } from "../../../../src/server/handlers/describe-configs.ts";
import { describeTopicPartitionsHandler } from "../../../../src/server/handlers/describe-topic-partitions.ts";
import { incrementalAlterConfigsHandler } from "../../../../src/server/handlers/incremental-alter-configs.ts";
import { listConfigResourcesHandler } from "../../../../src/server/handlers/list-config-resources.ts";
import { metadataHandler } from "../../../../src/server/handlers/metadata.ts";
import { imageOfLog, silentLogger } from "../../../support/metadata-image.ts";
import { testContext } from "../test-context.ts";
import { MetadataCache } from "../../../../src/server/metadata-cache.ts";
import { MetadataDelta } from "../../../../src/metadata/delta/metadata-delta.ts";

/**
 * What Apache Kafka 4.3.0 answered: `metadata.log` is the log of a node with some topics and configurations, and
 * `exchanges.jsonl` what it was asked then. Our handlers get the same metadata and the same requests.
 */
interface Exchange {
  readonly api: ApiName;
  readonly version: number;
  /** Bodies as hex, without headers. */
  readonly request: string;
  readonly response: string;
}

const folder = new URL("../../../data/kafka-answers/", import.meta.url);
const exchanges = readFileSync(new URL("exchanges.jsonl", folder), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Exchange);

const config = new BrokerConfig(parseProperties(readFileSync(new URL("server.properties", folder), "utf8")));
const cache = new MetadataCache();
cache.publish(new MetadataDelta(), imageOfLog(readFileSync(new URL("metadata.log", folder))));
const clusterId = "kQVZdB4tQXGfzxCcTgBtLw";
const loggers = { levels: () => new Map([["root", "ERROR"]]), setLevel() {} };

/** Changes that reach the controller are its own tests' business; it agrees to all of them here. */
const agreeing = {
  createTopics: () => Promise.resolve({}),
  alterConfigs: ({ resources }: { resources: { resourceType: number; resourceName: string }[] }) =>
    Promise.resolve({ responses: resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName })) }),
};

const handlers: AnyHandler[] = [
  metadataHandler({
    cache,
    clusterId,
    autoCreateTopics: true,
    autoTopicCreation: new AutoTopicCreation(agreeing, config, silentLogger),
    draw: () => 0,
  }),
  describeTopicPartitionsHandler({ cache, partitionsMax: config.get("max.request.partition.size.limit") }),
  describeClusterHandler({ cache, clusterId, activeController: () => 1, draw: () => 0 }),
  describeConfigsHandler({ cache, config, loggers }),
  listConfigResourcesHandler(cache),
  incrementalAlterConfigsHandler({
    cache,
    config,
    loggers,
    controller: { incrementalAlterConfigs: agreeing.alterConfigs },
  }),
  alterConfigsHandler({ cache, config, controller: agreeing }),
];

/** Kafka keeps most lists in hash maps: their order means nothing. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isSynonyms = value.some((entry) => typeof entry === "object" && entry !== null && "source" in entry);
    const entries = value.map(ordered);
    return isSynonyms ? entries : entries.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, ordered(inner)]));
}

const tested = exchanges.filter(({ api }) => handlers.some((handler) => handler.api === api));

test.each(tested.map((exchange, index) => [exchange.api, exchange.version, index, exchange] as const))(
  "%s v%i (%i)",
  async (name, version, _, exchange) => {
    const api = apis[name] as Api;
    const handler = handlers.find((each) => each.api === name) as unknown as Handler<"metadata">;
    const request = codecOf(api.request, version).decode(new Reader(Buffer.from(exchange.request, "hex")));
    const answer = await handler.handle(request as never, testContext({ apiKey: api.key, apiVersion: version }));
    const writer = new Writer();
    codecOf(api.response, version).encode(writer, answer as object);
    const ours = codecOf(api.response, version).decode(new Reader(writer.toBuffer()));
    const kafkas = codecOf(api.response, version).decode(new Reader(Buffer.from(exchange.response, "hex")));
    expect(ordered(ours)).toEqual(ordered(kafkas));
  },
);

test("the recorded answers cover what they should", () => {
  expect(tested.length).toBeGreaterThan(150);
});
