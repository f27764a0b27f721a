import { describe, expect, test } from "vitest";
import { BrokerConfig } from "../../../../src/config/broker-config.ts";
import { parseProperties } from "../../../../src/config/properties.ts";
import { AutoTopicCreation } from "../../../../src/server/auto-topic-creation.ts";
import { type AnyHandler } from "../../../../src/server/handler.ts";
import { alterConfigsHandler } from "../../../../src/server/handlers/alter-configs.ts";
import { createPartitionsHandler } from "../../../../src/server/handlers/create-partitions.ts";
import { createTopicsHandler } from "../../../../src/server/handlers/create-topics.ts";
import { deleteTopicsHandler } from "../../../../src/server/handlers/delete-topics.ts";
import { describeConfigsHandler } from "../../../../src/server/handlers/describe-configs.ts";
import { incrementalAlterConfigsHandler } from "../../../../src/server/handlers/incremental-alter-configs.ts";
import { metadataHandler } from "../../../../src/server/handlers/metadata.ts";
import { updateFeaturesHandler } from "../../../../src/server/handlers/update-features.ts";
import { MetadataCache } from "../../../../src/server/metadata-cache.ts";
import { memoryController } from "../../../support/memory-controller.ts";
import { metadataValuesOf } from "../../../support/metadata-image.ts";
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
 * A history: Apache Kafka 4.3.0, in the state of `metadata.log`, was asked for the changes of `changes.jsonl`, one behind
 * the other. Our handlers and our controller live through the same history and answer the same.
 */
const config = new BrokerConfig(parseProperties(kafkaAnswersFile("server.properties").toString()));
const clusterId = "kQVZdB4tQXGfzxCcTgBtLw";
const cache = new MetadataCache();
const records = metadataValuesOf(kafkaAnswersFile("metadata.log"));
const controller = memoryController(config, clusterId, records, [cache]);
const loggers = { levels: () => new Map([["root", "ERROR"]]) };

const untilFollowed = () => Promise.resolve();

const timers = new ManualTime();

const handlers: AnyHandler[] = [
  createTopicsHandler({ controller, untilFollowed }),
  createPartitionsHandler({ controller, untilFollowed }),
  deleteTopicsHandler({ controller, untilFollowed, isEnabled: true }),
  alterConfigsHandler({ cache, config, controller }),
  incrementalAlterConfigsHandler({ cache, config, controller, loggers }),
  updateFeaturesHandler(controller),
  describeConfigsHandler({ cache, config, loggers, timers }),
  metadataHandler({
    cache,
    clusterId,
    autoCreateTopics: true,
    autoTopicCreation: new AutoTopicCreation(controller, config, silentLogger),
    timers,
    draw: () => 0,
  }),
];

/** Topic ids are random: ours by Kafka's, learnt from the answers that tell both. */
const ourIds = new Map<string, string>();

function learnIds(kafkas: unknown, ours: unknown): void {
  const named = (value: unknown) =>
    ((value as { topics?: { name: string; topicId?: string }[] }).topics ?? []).map(
      ({ name, topicId }) => [name, topicId] as const,
    );
  const oursByName = new Map(named(ours));
  for (const [name, topicId] of named(kafkas)) {
    const id = oursByName.get(name);
    if (topicId !== undefined && id !== undefined) ourIds.set(topicId, id);
  }
}

function withOurIds(value: object): object {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === "string" ? (ourIds.get(inner) ?? inner) : inner,
  ) as object;
}

const changes = recordedExchanges("changes.jsonl");

describe("the history", () => {
  test.each(changes.map((exchange, index) => [exchange.api, exchange.version, index, exchange] as const))(
    "%s v%i (%i)",
    async (_name, _version, _index, exchange) => {
      const ours = await ourAnswer(handlers, exchange, withOurIds(decodedRequest(exchange)));
      const kafkas = kafkasAnswer(exchange);
      learnIds(kafkas, ours);
      expect(ordered(ours)).toEqual(ordered(withOurIds(kafkas)));
    },
  );
});
