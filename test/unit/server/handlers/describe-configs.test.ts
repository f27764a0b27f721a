import { expect, test } from "vitest";
import { MetadataDelta } from "../../../../src/metadata/delta/metadata-delta.ts";
import { configResourceTypes } from "../../../../src/metadata/image/configs-image.ts";
import { type MetadataRecordDraft } from "../../../../src/metadata/metadata-record.ts";
import { type ApiResponse } from "../../../../src/protocol/apis.ts";
import { type Draft } from "../../../../src/protocol/schema.ts";
import { describeConfigsHandler } from "../../../../src/server/handlers/describe-configs.ts";
import { MetadataCache } from "../../../../src/server/metadata-cache.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { imageOf } from "../../../support/metadata-image.ts";
import { nodeConfig } from "../../../support/node-config.ts";
import { testContext } from "../test-context.ts";

const names = Array.from({ length: 250 }, (_, index) => `t-${index}`);

function setUp() {
  const config = nodeConfig();
  const set = (resourceType: number, resourceName: string, name: string, value: string): MetadataRecordDraft => ({
    type: "config",
    version: 0,
    data: { resourceType, resourceName, name, value },
  });
  const topics = names.map((name, index): MetadataRecordDraft => {
    return { type: "topic", version: 0, data: { name, topicId: `${String(index).padStart(21, "c")}A` } };
  });
  const overrides = names
    .filter((_, index) => index % 5 === 0)
    .map((name, index) => set(configResourceTypes.topic, name, "retention.ms", String(index % 2)));
  const records = [...topics, ...overrides, set(configResourceTypes.broker, "", "min.insync.replicas", "2")];
  const cache = new MetadataCache();
  cache.publish(new MetadataDelta(), imageOf(records));
  const time = new ManualTime();
  const handler = describeConfigsHandler({
    cache,
    config,
    loggers: { levels: () => new Map(), setLevel() {} },
    timers: time,
  });
  const ask = async (asked: readonly string[]): Promise<Draft<ApiResponse<"describeConfigs">>> => {
    const resources = asked.map((resourceName) => {
      return { resourceType: configResourceTypes.topic, resourceName, configurationKeys: null };
    });
    const request = { resources, includeSynonyms: true, includeDocumentation: false };
    const answer = handler.handle(request, testContext({ apiKey: 32, apiVersion: 4 }));
    return (await time.during(Promise.resolve(answer))) as Draft<ApiResponse<"describeConfigs">>;
  };
  return { ask, time, handler, cache };
}

test("hundreds of topics are answered as each alone is", async () => {
  const { ask } = setUp();
  const { results } = await ask(names);
  for (const index of [0, 1, 5, 10, 99, 100, 249]) {
    expect(results![index]).toEqual((await ask([names[index]!])).results![0]);
  }
  const retentionOf = (index: number) => results![index]!.configs!.find(({ name }) => name === "retention.ms")!;
  expect([0, 5, 10, 11].map((index) => retentionOf(index).value)).toEqual(["0", "1", "0", "604800000"]);
  // The writer copies the bytes of an array that comes again.
  expect(new Set(results!.map(({ configs }) => configs)).size).toBe(3);
});

test("they are described over several turns, by the configurations as they were asked for", async () => {
  const { time, handler, cache } = setUp();
  const resources = names.map((resourceName) => ({
    resourceType: 2,
    resourceName,
    configurationKeys: ["retention.ms"],
  }));
  const request = { resources, includeSynonyms: false, includeDocumentation: false };
  const answer = handler.handle(request, testContext({ apiKey: 32, apiVersion: 4 }));
  cache.publish(new MetadataDelta(), imageOf([]));
  let turns = 0;
  while (await time.turn()) turns++;
  expect(turns).toBe(2);
  const { results } = (await answer) as Draft<ApiResponse<"describeConfigs">>;
  expect(results!.map(({ configs }) => configs?.length)).toEqual(names.map(() => 1));
});
