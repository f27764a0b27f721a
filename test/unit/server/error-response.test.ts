import { describe, expect, test } from "vitest";
import { apis, type Api, type ApiName } from "../../../src/protocol/apis.ts";
import { codecOf } from "../../../src/protocol/codec.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { inRange, type Field, type Fields, type Struct } from "../../../src/protocol/schema.ts";
import { Writer } from "../../../src/protocol/writer.ts";
import { errorResponseOf } from "../../../src/server/error-response.ts";

/** A request with two entries in every list. */
function sample({ fields }: Struct<Fields>, version: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, field]) => inRange(field.versions, version))
      .map(([name, field]) => [
        name,
        field.isArray ? [1, 2].map((n) => value(field, n, version)) : value(field, 1, version),
      ]),
  );
}

function value({ type }: Field<unknown>, n: number, version: number): unknown {
  if (typeof type === "object") return sample(type, version);
  if (type === "string") return `s${n}`;
  if (type === "uuid") return `AAAAAAAAAAAAAAAAAAAAA${"AQ"[n - 1]}`;
  if (type === "bytes" || type === "records") return Buffer.alloc(n);
  return type === "bool" ? true : n;
}

function failAll(api: Api, version: number, request: unknown): Record<string, unknown> {
  const response = errorResponseOf(api, version, request, Errors.UNKNOWN_SERVER_ERROR);
  const writer = new Writer();
  codecOf(api.response, version).encode(writer, response as object);
  return codecOf(api.response, version).decode(new Reader(writer.toBuffer())) as Record<string, unknown>;
}

describe("every API and version can say that all of a request failed", () => {
  test.each(Object.keys(apis) as ApiName[])("%s", (name) => {
    const api = apis[name] as Api;
    for (let version = api.request.versions.from; version <= api.request.versions.to; version++) {
      const text = JSON.stringify(failAll(api, version, sample(api.request.struct, version)));
      expect(text, `version ${version}`).toMatch(/rrorCode":-1/);
    }
  });
});

test("each thing that was asked for is named", () => {
  const produce = { acks: 1, topicData: [{ name: "t", partitionData: [{ index: 3, records: null }] }] };
  expect(failAll(apis.produce as Api, 9, produce)).toMatchObject({
    responses: [{ name: "t", partitionResponses: [{ index: 3, errorCode: -1 }] }],
  });
  expect(failAll(apis.metadata as Api, 1, { topics: [{ name: "t" }] })).toMatchObject({
    brokers: [],
    topics: [{ name: "t", errorCode: -1 }],
  });
  const fetch = { topics: [{ topic: "t", partitions: [{ partition: 1 }, { partition: 2 }] }] };
  expect(failAll(apis.fetch as Api, 4, fetch)).toMatchObject({
    responses: [
      {
        topic: "t",
        partitions: [
          { partitionIndex: 1, errorCode: -1 },
          { partitionIndex: 2, errorCode: -1 },
        ],
      },
    ],
  });
  const listOffsets = { topics: [{ name: "t", partitions: [{ partitionIndex: 5, timestamp: -2 }] }] };
  expect(failAll(apis.listOffsets as Api, 1, listOffsets)).toMatchObject({
    topics: [{ name: "t", partitions: [{ partitionIndex: 5, errorCode: -1, timestamp: -1, offset: -1 }] }],
  });
  expect(failAll(apis.deleteGroups as Api, 0, { groupsNames: ["a", "b"] })).toMatchObject({
    results: [
      { groupId: "a", errorCode: -1 },
      { groupId: "b", errorCode: -1 },
    ],
  });
  expect(failAll(apis.findCoordinator as Api, 4, { coordinatorKeys: ["g"] })).toMatchObject({
    coordinators: [{ key: "g", errorCode: -1, host: "" }],
  });
  expect(failAll(apis.createTopics as Api, 5, { topics: [{ name: "t", numPartitions: 7 }] })).toMatchObject({
    topics: [{ name: "t", errorCode: -1, numPartitions: -1 }],
  });
  expect(
    failAll(apis.describeConfigs as Api, 1, { resources: [{ resourceType: 2, resourceName: "t" }] }),
  ).toMatchObject({
    results: [{ resourceType: 2, resourceName: "t", errorCode: -1 }],
  });
});

test("a produce that wants no answer gets none", () => {
  const request = { acks: 0, topicData: [] };
  expect(errorResponseOf(apis.produce as Api, 9, request, Errors.UNKNOWN_SERVER_ERROR)).toBeUndefined();
});
