import { expect, test } from "vitest";
import { BrokerConfig } from "../../../../src/config/broker-config.ts";
import { parseProperties } from "../../../../src/config/properties.ts";
import { MetadataDelta } from "../../../../src/metadata/delta/metadata-delta.ts";
import { AutoTopicCreation } from "../../../../src/server/auto-topic-creation.ts";
import { type AnyHandler } from "../../../../src/server/handler.ts";
import { alterConfigsHandler } from "../../../../src/server/handlers/alter-configs.ts";
import { describeClusterHandler } from "../../../../src/server/handlers/describe-cluster.ts";
import { describeConfigsHandler } from "../../../../src/server/handlers/describe-configs.ts";
import { describeTopicPartitionsHandler } from "../../../../src/server/handlers/describe-topic-partitions.ts";
import { incrementalAlterConfigsHandler } from "../../../../src/server/handlers/incremental-alter-configs.ts";
import { listConfigResourcesHandler } from "../../../../src/server/handlers/list-config-resources.ts";
import { metadataHandler } from "../../../../src/server/handlers/metadata.ts";
import { MetadataCache } from "../../../../src/server/metadata-cache.ts";
import { imageOfValues, metadataValuesOf } from "../../../support/metadata-image.ts";
import {
  decodedRequest,
  kafkaAnswersFile,
  kafkasAnswer,
  ordered,
  ourAnswer,
  recordedExchanges,
} from "../../../support/recorded-exchanges.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { silentLogger } from "../../../support/silent-logger.ts";

/**
 * What Apache Kafka 4.3.0 answered: `metadata.log` is the log of a node with some topics and configurations, and
 * `exchanges.jsonl` what it was asked then. Our handlers get the same metadata and the same requests.
 */
const config = new BrokerConfig(parseProperties(kafkaAnswersFile("server.properties").toString()));
const cache = new MetadataCache();
cache.publish(new MetadataDelta(), imageOfValues(metadataValuesOf(kafkaAnswersFile("metadata.log"))));
const clusterId = "kQVZdB4tQXGfzxCcTgBtLw";
const loggers = { levels: () => new Map([["root", "ERROR"]]), setLevel() {} };

/** Changes that reach the controller are `kafka-changes.test.ts`'s business; it agrees to all of them here. */
const agreeing = {
  createTopics: () => Promise.resolve({}),
  alterConfigs: ({ resources }: { resources: { resourceType: number; resourceName: string }[] }) =>
    Promise.resolve({ responses: resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName })) }),
};

const timers = new ManualTime();

const handlers: AnyHandler[] = [
  metadataHandler({
    cache,
    clusterId,
    autoCreateTopics: true,
    autoTopicCreation: new AutoTopicCreation(agreeing, config, silentLogger),
    timers,
    draw: () => 0,
  }),
  describeTopicPartitionsHandler({ cache, partitionsMax: config.get("max.request.partition.size.limit") }),
  describeClusterHandler({ cache, clusterId, activeController: () => 1, draw: () => 0 }),
  describeConfigsHandler({ cache, config, loggers, timers }),
  listConfigResourcesHandler(cache),
  incrementalAlterConfigsHandler({
    cache,
    config,
    loggers,
    controller: { incrementalAlterConfigs: agreeing.alterConfigs },
  }),
  alterConfigsHandler({ cache, config, controller: agreeing }),
];

const exchanges = recordedExchanges("exchanges.jsonl").filter(({ api }) =>
  handlers.some((handler) => handler.api === api),
);

test.each(exchanges.map((exchange, index) => [exchange.api, exchange.version, index, exchange] as const))(
  "%s v%i (%i)",
  async (_name, _version, _index, exchange) => {
    const ours = await ourAnswer(handlers, exchange, decodedRequest(exchange));
    expect(ordered(ours)).toEqual(ordered(kafkasAnswer(exchange)));
  },
);

test("the recorded answers cover what they should", () => {
  expect(exchanges.length).toBeGreaterThan(150);
});
