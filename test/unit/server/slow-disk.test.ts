import { expect, test } from "vitest";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { WriteChoice } from "../../../src/log/write-choice.ts";
import { produceHandler } from "../../../src/server/handlers/produce.ts";
import { PartitionLookup } from "../../../src/server/partition-lookup.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { oneTopicCache } from "../../support/one-topic-cache.ts";
import { unusedWorkers } from "../../support/unused-workers.ts";
import { batch } from "../log/batches.ts";
import { openReplicas, topicId } from "../replication/replicas.ts";
import { openVerification } from "../replication/verification.ts";
import { frame, heartbeat, heartbeatHandler, testServer, until } from "./test-server.ts";

const megabyte = 1_048_576;
const recordBytes = 1_000_000;
const acksOfProducers = [0, 0, 0, 0, 1, 1, -1, -1] as const;
const requestsOfEach = 16;

/** A disk on which writes that threads make are done when it goes on. What they write is not kept. */
function standingDisk() {
  let goOn = (): void => undefined;
  const gone = new Promise<void>((resolve) => (goOn = resolve));
  const disk = new MemoryDisk();
  const open = disk.open.bind(disk);
  disk.open = (path, mode) => {
    const file = open(path, mode);
    if (path.endsWith(".log")) file.writeAsync = () => gone;
    return file;
  };
  return { disk, goOn: () => goOn() };
}

test("producers wait for a disk that stands still, in bounded memory, and nobody else does", async () => {
  const { disk, goOn } = standingDisk();
  const choice = new WriteChoice();
  const { replicas, host, queue, time } = openReplicas(disk, {}, { choice });
  const logs = [0, 1].map((partition) => host({ partition }).log);
  // The system held a write back lately: from now on threads write.
  choice.note(1_000, time.monotonicMs());
  const { cache } = oneTopicCache("topic", topicId);
  const produce = produceHandler({
    cache,
    lookup: new PartitionLookup(cache, replicas),
    replicas,
    clock: time,
    compute: nodeCompute,
    workers: unusedWorkers,
    verification: openVerification(time).verification,
    minInSyncReplicasOf: () => 1,
  });
  const { client } = await testServer([produce, heartbeatHandler(() => ({}))], {}, true, () => queue.isBehind);
  const run = { isOver: false };
  const turns = (async () => {
    while (!run.isOver) await time.turn();
  })();
  const unwrittenBytes = (): number =>
    logs.reduce((sum, { logEndOffset, writtenOffset }) => sum + (logEndOffset - writtenOffset) * recordBytes, 0);

  const records = batch({ value: Buffer.alloc(recordBytes - 200, "x") });
  const clients = await Promise.all(acksOfProducers.map(() => client()));
  for (const [index, acks] of acksOfProducers.entries()) {
    const topicData = [{ name: "topic", partitionData: [{ index: index % 2, records }] }];
    const request = frame("produce", 9, index, { acks, timeoutMs: 60_000, topicData });
    for (let count = 0; count < requestsOfEach; count++) clients[index]!.socket.write(request);
  }
  await until(() => queue.isBehind);
  const other = await client();
  let largestBytes = 0;
  for (let count = 0; count < 50; count++) {
    other.send(heartbeat(count));
    expect(await other.receiveIds(1)).toEqual([count]);
    largestBytes = Math.max(largestBytes, unwrittenBytes());
  }
  // What is sent was more by far, and each connection may have had some requests in the turn in which it became too much.
  expect(largestBytes).toBeGreaterThan(64 * megabyte);
  expect(largestBytes).toBeLessThan((64 + 4 * clients.length) * megabyte);
  expect(logs.map(({ writtenOffset }) => writtenOffset)).toEqual([0, 0]);
  expect(clients.map(({ frames }) => frames.length)).toEqual(clients.map(() => 0));

  goOn();
  const sentOfLog = (clients.length / 2) * requestsOfEach;
  await until(() => logs.every(({ writtenOffset }) => writtenOffset === sentOfLog));
  for (const [index, acks] of acksOfProducers.entries()) {
    if (acks !== 0) await clients[index]!.receiveIds(requestsOfEach);
  }
  run.isOver = true;
  await turns;
  expect(queue.isBehind).toBe(false);
});
