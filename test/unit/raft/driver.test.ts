import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { SnapshotBatches } from "../../../src/protocol/records/snapshot-batches.ts";
import { committedBatch } from "../../../src/raft/log-reader.ts";
import { votersToRecord } from "../../../src/raft/voter-set.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { localVoter, raftFixture } from "./raft-fixture.ts";

const value = (text: string) => Buffer.from(text);
const quorumState = (dir: string) => readFileSync(join(dir, "quorum-state"), "utf8");

describe("a quorum of one", () => {
  test("elects itself and tells its listeners after the first commit of its epoch", async () => {
    const dir = temporaryDirectory();
    const { driver, heard, time, log } = raftFixture({ dir });
    driver.start();
    expect(heard).toEqual([]);
    await time.settle();
    expect(heard).toEqual(["0@1 control", "leader 1 of 1"]);
    expect(log.epochStarts).toEqual([[1, 0]]);
    expect(quorumState(dir)).toBe(
      '{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}',
    );
  });

  test("commits only what is on disk, with one fsync for everything of a turn", async () => {
    const { driver, heard, time, log } = raftFixture({ dir: temporaryDirectory() });
    driver.start();
    await time.settle();
    heard.length = 0;
    log.holdFlushes();
    const flushesBefore = log.flushes;
    expect(driver.append(1, [value("a"), value("b")])).toBe(2);
    expect(driver.append(1, [value("c")])).toBe(3);
    await time.settle();
    expect(heard).toEqual([]);
    expect(driver.append(1, [value("d")])).toBe(4);
    log.releaseFlushes();
    await time.settle();
    expect(heard).toEqual(["1@1 a b", "3@1 c", "4@1 d"]);
    expect(log.flushes - flushesBefore).toBe(2);
    expect(log.highWatermark).toBe(5);
  });

  test("hands out what it appended itself without reading it back", async () => {
    const { driver, batchesHeard, time, log } = raftFixture({ dir: temporaryDirectory() });
    driver.start();
    await time.settle();
    const read = vi.spyOn(log, "read");
    const values = [value("a"), value("b")];
    driver.append(1, values);
    driver.append(1, [value("c")]);
    await time.settle();
    expect(read).not.toHaveBeenCalled();
    expect(batchesHeard.at(-2)?.values).toBe(values);
    // As another listener would read it.
    const written = log.batches.slice(-2).map((batch) => committedBatch(batch));
    expect(batchesHeard.slice(-2)).toEqual(written);
  });

  test("takes a new epoch at each start and hands the whole log to its listeners again", async () => {
    const dir = temporaryDirectory();
    const first = raftFixture({ dir });
    first.driver.start();
    await first.time.settle();
    first.driver.append(1, [value("a")]);
    await first.time.settle();
    await first.driver.close();
    expect(first.heard.at(-1)).toBe("leader -1 of 1");

    const second = raftFixture({ dir, log: first.log });
    second.driver.start();
    await second.time.settle();
    expect(second.heard).toEqual(["0@1 control", "1@1 a", "2@2 control", "leader 1 of 2"]);
    expect(second.driver.append(1, [value("b")])).toBeUndefined();
    expect(second.driver.append(2, [value("b")])).toBe(3);
  });

  test("tells of the leader that it has, and not at each stop that there is none", async () => {
    const lines: string[] = [];
    const info = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
    const { driver, time } = raftFixture({ dir: temporaryDirectory(), logger: { ...silentLogger, info } });
    driver.start();
    await time.settle();
    await driver.close();
    expect(lines).toEqual(['metadata quorum leader {"leaderId":1,"epoch":1}']);
  });

  test("forgets what was never durable", async () => {
    const dir = temporaryDirectory();
    const first = raftFixture({ dir });
    first.driver.start();
    await first.time.settle();
    first.log.holdFlushes();
    first.driver.append(1, [value("lost")]);
    await first.time.settle();
    first.log.crash();

    const second = raftFixture({ dir, log: first.log });
    first.log.releaseFlushes();
    second.driver.start();
    await second.time.settle();
    expect(second.heard).toEqual(["0@1 control", "1@2 control", "leader 1 of 2"]);
  });

  test("never leads an epoch twice, even when the file is older than the log", async () => {
    const dir = temporaryDirectory();
    const first = raftFixture({ dir });
    first.driver.start();
    await first.time.settle();
    const old = quorumState(dir);
    const second = raftFixture({ dir, log: first.log });
    second.driver.start();
    await second.time.settle();
    writeFileSync(join(dir, "quorum-state"), old);
    const third = raftFixture({ dir, log: first.log });
    third.driver.start();
    await third.time.settle();
    expect(third.heard.at(-1)).toBe("leader 1 of 3");
  });

  test("stops when the disk fails", async () => {
    const { driver, time, log, failures, heard } = raftFixture({ dir: temporaryDirectory() });
    driver.start();
    await time.settle();
    heard.length = 0;
    log.flush = () => Promise.reject(new Error("EIO"));
    driver.append(1, [value("a")]);
    await time.settle();
    expect(failures).toEqual([new Error("EIO")]);
    expect(heard).toEqual([]);
    // A second fsync that succeeds would prove nothing.
    log.flush = async () => {};
    expect(driver.append(1, [value("b")])).toBeUndefined();
    await time.settle();
    expect(heard).toEqual([]);
  });

  test("refuses to start when it is not a voter", () => {
    const { driver } = raftFixture({ dir: temporaryDirectory(), staticVoters: [{ ...localVoter, id: 2 }] });
    expect(() => driver.start()).toThrow("node 1 is not a voter");
  });
});

describe("a dynamic quorum", () => {
  function formatted(dir: string, port: number): void {
    const voters = votersToRecord([{ ...localVoter, endpoints: [{ name: "CONTROLLER", host: "localhost", port }] }]);
    const snapshot = new SnapshotBatches(0, 5);
    const bytes = Buffer.concat([snapshot.header(5, { kraftVersion: 1, voters }), snapshot.footer()]);
    writeFileSync(join(dir, "00000000000000000000-0000000000.checkpoint"), bytes);
  }

  test("copies the voters of the formatted snapshot into the log, once", async () => {
    const dir = temporaryDirectory();
    formatted(dir, 9093);
    const first = raftFixture({ dir, staticVoters: [] });
    first.driver.start();
    await first.time.settle();
    expect(first.log.batches.map((batch) => [batch.isControl, batch.recordCount])).toEqual([[true, 3]]);
    expect(quorumState(dir)).toBe(
      '{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}',
    );
    const second = raftFixture({ dir, staticVoters: [], log: first.log });
    second.driver.start();
    await second.time.settle();
    expect(second.log.batches.map((batch) => batch.recordCount)).toEqual([3, 1]);
  });

  test("writes the voters again when it listens somewhere else", async () => {
    const dir = temporaryDirectory();
    formatted(dir, 9093);
    const first = raftFixture({ dir, staticVoters: [] });
    first.driver.start();
    await first.time.settle();
    const moved = { ...localVoter, endpoints: [{ name: "CONTROLLER", host: "localhost", port: 19093 }] };
    const second = raftFixture({ dir, staticVoters: [], log: first.log, local: moved });
    second.driver.start();
    await second.time.settle();
    expect(second.log.batches.map((batch) => batch.recordCount)).toEqual([3, 3]);
    expect(second.driver.state.voters).toEqual([moved]);
  });

  test("refuses a replica with another disk", () => {
    const dir = temporaryDirectory();
    formatted(dir, 9093);
    const { driver } = raftFixture({
      dir,
      staticVoters: [],
      local: { ...localVoter, directoryId: "JEXY6aqzQY-32P5TStzaFg" },
    });
    expect(() => driver.start()).toThrow("node 1 is not a voter");
  });
});

describe("snapshots", () => {
  async function withSnapshot(dir: string, time = new ManualTime()) {
    const fixture = raftFixture({ dir, time });
    fixture.driver.start();
    await time.settle();
    fixture.driver.append(1, [value("a"), value("b")]);
    await time.settle();
    const writer = fixture.driver.createSnapshot({ offset: 3, epoch: 1 }, time.wallMs());
    writer?.append([value("A"), value("B")]);
    return { ...fixture, writer };
  }

  test("counts only when it is whole", async () => {
    const dir = temporaryDirectory();
    const { writer } = await withSnapshot(dir);
    expect(readdirSync(dir).filter((name) => name.endsWith(".checkpoint"))).toEqual([]);
    await writer?.freeze();
    expect(readdirSync(dir)).toContain("00000000000000000003-0000000001.checkpoint");
  });

  test("replaces the log up to its offset for a new listener", async () => {
    const dir = temporaryDirectory();
    const { writer, log } = await withSnapshot(dir);
    await writer?.freeze();
    const next = raftFixture({ dir, log });
    next.driver.start();
    await next.time.settle();
    expect(next.heard).toEqual(["snapshot 3-1: A B", "3@2 control", "leader 1 of 2"]);
  });

  test("a partial one is removed at the next start", async () => {
    const dir = temporaryDirectory();
    const { log } = await withSnapshot(dir);
    expect(readdirSync(dir).some((name) => name.endsWith(".part"))).toBe(true);
    const next = raftFixture({ dir, log });
    expect(readdirSync(dir).some((name) => name.endsWith(".part"))).toBe(false);
    next.driver.start();
    await next.time.settle();
    expect(next.heard[0]).toBe("0@1 control");
  });

  test("a torn one stops the node", async () => {
    const dir = temporaryDirectory();
    const { writer, log } = await withSnapshot(dir);
    await writer?.freeze();
    const path = join(dir, "00000000000000000003-0000000001.checkpoint");
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.length - 20));
    expect(() => raftFixture({ dir, log })).toThrow("ends before its footer");
  });

  test("a log that ends before the snapshot starts over behind it", async () => {
    const dir = temporaryDirectory();
    const { writer } = await withSnapshot(dir);
    await writer?.freeze();
    const next = raftFixture({ dir });
    next.driver.start();
    await next.time.settle();
    expect(next.heard).toEqual(["snapshot 3-1: A B", "3@2 control", "leader 1 of 2"]);
  });

  test("without one, a log that does not start at 0 is refused", async () => {
    const dir = temporaryDirectory();
    const { log } = await withSnapshot(dir);
    log.deleteBefore(1);
    expect(() => raftFixture({ dir, log })).toThrow("no snapshot covers what came before");
  });

  test("the log start moves to the oldest snapshot that is kept", async () => {
    const dir = temporaryDirectory();
    const time = new ManualTime();
    const fixture = raftFixture({ dir, time, retention: { bytesMax: 1, msMax: -1 } });
    fixture.driver.start();
    await time.settle();
    for (const offset of [1, 2]) {
      await fixture.driver.createSnapshot({ offset, epoch: 1 }, time.wallMs())?.freeze();
      fixture.driver.append(1, [value("x")]);
      await time.settle();
    }
    expect(fixture.log.startOffset).toBe(0);
    await time.advance(60_000);
    expect(fixture.log.startOffset).toBe(2);
    expect(readdirSync(dir).filter((name) => name.endsWith(".checkpoint"))).toEqual([
      "00000000000000000002-0000000001.checkpoint",
    ]);
  });
});
