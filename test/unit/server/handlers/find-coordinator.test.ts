import { expect, test } from "vitest";
import { Errors } from "../../../../src/protocol/errors.ts";
import { findCoordinatorHandler } from "../../../../src/server/handlers/find-coordinator.ts";
import { MetadataCache } from "../../../../src/server/metadata-cache.ts";
import { groupTopicsCache } from "../../../support/group-topics.ts";
import { testContext } from "../test-context.ts";

function handlerOn(cache: MetadataCache, unknown: readonly number[] = []) {
  const created: string[] = [];
  const handler = findCoordinatorHandler({
    cache,
    topicCreation: { create: (names) => (created.push(...names), new Map()) },
    nodeId: 1,
    coordinators: new Map([["__consumer_offsets", { leads: (partition: number) => !unknown.includes(partition) }]]),
  });
  const find = (keyType: number, key: string, apiVersion = 4, listenerName = "PLAINTEXT") =>
    handler.handle({ key, keyType, coordinatorKeys: [key] }, testContext({ apiVersion, listenerName })) as {
      coordinators: { errorCode: number; nodeId: number; host: string; port: number }[];
    };
  return { find, created };
}

test("the leader of the group's partition is its coordinator", () => {
  const { find, created } = handlerOn(groupTopicsCache(5));
  expect(find(0, "g").coordinators[0]).toMatchObject({
    errorCode: Errors.NONE,
    nodeId: 1,
    host: "localhost",
    port: 9092,
  });
  expect(created).toEqual([]);
});

test("nobody is sent here before the coordinator knows that it leads the partition", () => {
  const { find, created } = handlerOn(groupTopicsCache(5), [0, 1, 2, 3, 4]);
  expect(find(0, "g").coordinators[0]).toMatchObject({ errorCode: Errors.COORDINATOR_NOT_AVAILABLE, nodeId: -1 });
  expect(created).toEqual([]);
});

test("the topic is created when it is first asked for", () => {
  const { find, created } = handlerOn(new MetadataCache());
  expect(find(0, "g").coordinators[0]).toMatchObject({
    errorCode: Errors.COORDINATOR_NOT_AVAILABLE,
    nodeId: -1,
    port: -1,
  });
  expect(created).toEqual(["__consumer_offsets"]);
});

test("a broker that the listener's clients cannot reach is no coordinator", () => {
  const { find } = handlerOn(groupTopicsCache(5));
  expect(find(0, "g", 4, "OTHER").coordinators[0]?.errorCode).toBe(Errors.COORDINATOR_NOT_AVAILABLE);
});

test("coordinators that this broker does not have are not available, and their topics not created", () => {
  const { find, created } = handlerOn(new MetadataCache());
  expect(find(1, "tx").coordinators[0]?.errorCode).toBe(Errors.COORDINATOR_NOT_AVAILABLE);
  const key = "group:with:colons:dHR0dHR0dHR0dHR0dHR0dA:0";
  expect(find(2, key, 6).coordinators[0]?.errorCode).toBe(Errors.COORDINATOR_NOT_AVAILABLE);
  expect(find(2, " :dHR0dHR0dHR0dHR0dHR0dA:0", 6).coordinators[0]?.errorCode).toBe(Errors.INVALID_REQUEST);
  expect(find(2, "g:dHR0dHR0dHR0dHR0dHR0dA:x", 6).coordinators[0]?.errorCode).toBe(Errors.INVALID_REQUEST);
  expect(created).toEqual([]);
});
