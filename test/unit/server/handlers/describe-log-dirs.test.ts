import { expect, test } from "vitest";
import { Errors } from "../../../../src/protocol/errors.ts";
import { describeLogDirsHandler } from "../../../../src/server/handlers/describe-log-dirs.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../../log/batches.ts";
import { openReplicas } from "../../replication/replicas.ts";
import { testContext } from "../test-context.ts";

test("a directory lists its replicas with their sizes, and only its error once it has failed", () => {
  const disk = new MemoryDisk();
  const { host, queue, replicas, logManager } = openReplicas(disk);
  const records = batch({ count: 3 });
  const partition = host();
  partition.appendAsLeader(Buffer.from(records), "client", startMs);
  queue.flush();
  const handler = describeLogDirsHandler({ replicas, logManager, disk, isCordoned: () => false });
  const ask = () => handler.handle({ topics: null }, testContext());
  expect(ask()).toMatchObject({
    errorCode: Errors.NONE,
    results: [
      {
        errorCode: Errors.NONE,
        logDir: "/data",
        topics: [{ name: "topic", partitions: [{ partitionIndex: 0, partitionSize: records.length, offsetLag: 0 }] }],
      },
    ],
  });
  disk.fail("write", "EIO");
  partition.appendAsLeader(records, "client", startMs);
  queue.flush();
  expect(ask()).toMatchObject({
    errorCode: Errors.NONE,
    results: [{ errorCode: Errors.KAFKA_STORAGE_ERROR, logDir: "/data", topics: [] }],
  });
});
