import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { apis, type ApiName, type ApiResponse } from "../../../src/protocol/apis.ts";
import { codecOf } from "../../../src/protocol/codec.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { Writer } from "../../../src/protocol/writer.ts";
import { HandlerTable } from "../../../src/server/handler-table.ts";
import { type AnyHandler } from "../../../src/server/handler.ts";
import { apiVersionsHandler } from "../../../src/server/handlers/api-versions.ts";
import { testContext } from "./test-context.ts";

type Response = ApiResponse<"apiVersions">;

const recorded = JSON.parse(
  readFileSync(new URL("../../data/api-versions/kafka-4.3.0.json", import.meta.url), "utf8"),
) as Record<"broker" | "controller", Record<string, string>>;

function decode(body: Buffer, version: number): Response {
  return codecOf(apis.apiVersions.response, version).decode(new Reader(body));
}

function tableOf(names: readonly string[], unstable = false): HandlerTable {
  return new HandlerTable(
    names.map((api) => ({ api, handle: () => ({}) }) as unknown as AnyHandler),
    unstable,
  );
}

function answer(table: HandlerTable, scope: "broker" | "controller", apiVersion: number, kafka: Response): Response {
  const handler = apiVersionsHandler({
    table: () => table,
    supportedFeatures: decode(Buffer.from(recorded[scope]["4"] as string, "hex").subarray(4), 4).supportedFeatures,
    finalizedFeatures: () => ({
      epoch: kafka.finalizedFeaturesEpoch,
      levels: new Map(
        [...kafka.finalizedFeatures, { name: "kraft.version", maxVersionLevel: 0 }].map((each) => [
          each.name,
          each.maxVersionLevel,
        ]),
      ),
    }),
  });
  const context = testContext({ apiVersion });
  const response = handler.handle(
    { clientSoftwareName: "test", clientSoftwareVersion: "1" },
    { ...context, connection: { ...context.connection, scope } },
  );
  const writer = new Writer();
  codecOf(apis.apiVersions.response, apiVersion).encode(writer, response as object);
  return decode(writer.toBuffer(), apiVersion);
}

// Kafka serves the two telemetry APIs only with a plugin that receives the metrics.
const served = Object.keys(apis).filter((name) => name !== "getTelemetrySubscriptions" && name !== "pushTelemetry");

describe("with a handler for every API the answer is Kafka's", () => {
  test.each(
    (["broker", "controller"] as const).flatMap((scope) =>
      ["0", "1", "3", "4"].map((version) => [scope, version] as const),
    ),
  )("on a %s listener, version %s", (scope, version) => {
    const kafka = decode(Buffer.from(recorded[scope][version] as string, "hex").subarray(4), Number(version));
    expect(answer(tableOf(served), scope, Number(version), kafka)).toEqual(kafka);
  });
});

test("an API without a handler is not told", () => {
  const kafka = decode(Buffer.from(recorded.broker["0"] as string, "hex").subarray(4), 0);
  const { apiKeys } = answer(tableOf(["metadata", "produce", "vote", "apiVersions"]), "broker", 0, kafka);
  expect(apiKeys).toEqual([
    { apiKey: 0, minVersion: 0, maxVersion: 13 },
    { apiKey: 3, minVersion: 0, maxVersion: 13 },
    { apiKey: 18, minVersion: 0, maxVersion: 4 },
  ]);
});

test("a version that Kafka calls unstable is served on request only", () => {
  const unstable = (Object.keys(apis) as ApiName[]).filter((name) => apis[name].request.latestVersionUnstable);
  expect(unstable.length).toBeGreaterThan(0);
  for (const name of unstable) {
    const { key, request, scopes } = apis[name];
    const [scope] = scopes as readonly ["broker" | "controller"];
    expect(tableOf([name], true).find(key, scope)?.versions.to).toBe(request.versions.to);
    expect(tableOf([name]).find(key, scope)?.versions.to ?? request.versions.from - 1).toBe(request.versions.to - 1);
  }
});

test("an API has one handler", () => {
  expect(() => tableOf(["metadata", "metadata"])).toThrow("Metadata has two handlers");
});
