import { expect, test, vi } from "vitest";
import { Errors } from "../../../../src/protocol/errors.ts";
import { alterReplicaLogDirsHandler } from "../../../../src/server/handlers/alter-replica-log-dirs.ts";
import { promised } from "../../../../src/server/later-result.ts";
import { oneTopicCache } from "../../../support/one-topic-cache.ts";
import { openReplicas, topicId } from "../../replication/replicas.ts";
import { testContext } from "../test-context.ts";

test("hundreds of moves begin over some turns of the event loop", async () => {
  const { replicas, time } = openReplicas();
  const alter = vi.spyOn(replicas, "alterLogDir").mockReturnValue(Errors.NONE);
  const { cache } = oneTopicCache("topic", topicId);
  const handler = alterReplicaLogDirsHandler({ replicas, cache, timers: time });
  const topics = [{ name: "topic", partitions: Array.from({ length: 60 }, (_, index) => index) }];
  const answer = promised(handler.handle({ dirs: [{ path: "/other", topics }] }, testContext({ apiVersion: 2 })));
  const begun: number[] = [];
  for (let turns = 0; turns < 4; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    begun.push(alter.mock.calls.length);
    await time.turn();
  }
  expect(begun).toEqual([24, 49, 60, 60]);
  expect(await answer).toMatchObject({
    results: [{ partitions: topics[0]!.partitions.map(() => ({ errorCode: 0 })) }],
  });
});
