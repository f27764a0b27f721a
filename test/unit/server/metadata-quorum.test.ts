import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { randomUuid } from "../../../src/base/uuid.ts";
import { BrokerConfig } from "../../../src/config/broker-config.ts";
import { nodeClock } from "../../../src/io/node/node-clock.ts";
import { nodeDisk } from "../../../src/io/node/node-disk.ts";
import { nodeRandom } from "../../../src/io/node/node-random.ts";
import { nodeTimers } from "../../../src/io/node/node-timers.ts";
import { type Disk } from "../../../src/io/ports.ts";
import { type WayOfWriting } from "../../../src/log/write-choice.ts";
import { WriteQueue } from "../../../src/log/write-queue.ts";
import { formatOptionsFor } from "../../../src/metadata/storage/format-command.ts";
import { formatStorage } from "../../../src/metadata/storage/formatter.ts";
import { openLogDirs } from "../../../src/metadata/storage/log-dirs.ts";
import { type MetadataQuorum, openMetadataQuorum } from "../../../src/server/metadata-quorum.ts";
import { StartupError } from "../../../src/server/startup-error.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { anyone, brokerRegistration, createTopicsRequest } from "../controller/controller-fixture.ts";

const clusterId = "qwuAgu9BQ22hDP9c4aI8Ww";
const kafkaLogDir = new URL("../../data/metadata/kafka-4.3.0/", import.meta.url);

function configFor(dir: string, more: readonly [string, string][] = []): BrokerConfig {
  return new BrokerConfig(
    new Map([
      ["process.roles", "broker,controller"],
      ["node.id", "1"],
      ["controller.quorum.bootstrap.servers", "localhost:19401"],
      ["listeners", "PLAINTEXT://localhost:19400,CONTROLLER://localhost:19401"],
      ["controller.listener.names", "CONTROLLER"],
      ["log.dirs", dir],
      ["metadata.max.idle.interval.ms", "0"],
      ...more,
    ]),
  );
}

/** Starts the metadata side of a node on `dir`, formatting it when it is new. */
async function start(
  dir: string,
  more: readonly [string, string][] = [],
  { disk = nodeDisk, writeQueue = new WriteQueue({ timers: nodeTimers }) } = {},
) {
  const config = configFor(dir, more);
  const ports = {
    disk,
    random: nodeRandom,
    clock: nodeClock,
    timers: nodeTimers,
    logger: silentLogger,
  };
  const nowMs = nodeClock.wallMs();
  if (readdirSync(dir).length === 0) {
    formatStorage(formatOptionsFor(config, { clusterId, standalone: true }, nodeRandom), { ...ports, nowMs });
  }
  const opened = openLogDirs(config, { ...ports, nowMs });
  if (!opened.ok) throw new Error(opened.error);
  const directoryId = opened.dirs.directoryIds.get(dir) ?? "";
  const localIncarnationId = randomUuid(nodeRandom);
  const quorum = openMetadataQuorum({
    config,
    ports,
    writeQueue,
    clusterId,
    directoryId,
    controllerEndpoints: [{ name: "CONTROLLER", host: "localhost", port: 19401 }],
    localIncarnationId,
    hadCleanShutdown: false,
    publishers: [],
    onFatal(error) {
      throw error;
    },
  });
  quorum.start();
  await until(() => quorum.controller.isActive);
  const joinBroker = async () => {
    const registration = brokerRegistration(1, { incarnationId: localIncarnationId, logDirs: [directoryId] });
    const { brokerEpoch = -1 } = await quorum.controller.registerBroker(registration);
    const currentMetadataOffset = quorum.raft.endOffset - 1;
    const fields = { wantFence: false, wantShutDown: false, offlineLogDirs: [], cordonedLogDirs: null };
    await quorum.controller.brokerHeartbeat({ brokerId: 1, brokerEpoch, currentMetadataOffset, ...fields });
  };
  const createTopic = (name: string) => quorum.controller.createTopics(createTopicsRequest([{ name }]), anyone);
  return { ...quorum, joinBroker, createTopic };
}

/** The disk and the timers are real ones: what takes its time is waited for. */
async function until(isTrue: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(isTrue()).toBe(true), { timeout: 60_000, interval: 1 });
}

const topicsOf = ({ loader }: Pick<MetadataQuorum, "loader">) => [...loader.image.topics.byName.keys()].sort();

/** The file system, with a thread pool that comes late to what it is to write. */
const slowlyWrittenAside: Disk = {
  ...nodeDisk,
  open(path, mode) {
    const file = nodeDisk.open(path, mode);
    const write = file.writeAsync.bind(file);
    file.writeAsync = async (slices, position) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return write(slices, position);
    };
    return file;
  },
};

describe("on a real disk", () => {
  test("what is flushed is committed, however long a thread still writes to the log", async () => {
    const choice = {
      wayFor: (isUnderWay: boolean): WayOfWriting => (isUnderWay ? "later" : "aside"),
      note: () => undefined,
    };
    const writeQueue = new WriteQueue({ timers: nodeTimers, clock: nodeClock, choice });
    const quorum = await start(temporaryDirectory(), [], { disk: slowlyWrittenAside, writeQueue });
    await quorum.joinBroker();
    await quorum.createTopic("a");
    await quorum.createTopic("b");
    expect(topicsOf(quorum)).toEqual(["a", "b"]);
    await quorum.close();
  });

  test("what was answered is there after a crash", async () => {
    const dir = temporaryDirectory();
    const first = await start(dir);
    await first.joinBroker();
    await first.createTopic("a");
    await first.createTopic("b");
    // No close: the process is gone.
    const second = await start(dir);
    expect(topicsOf(second)).toEqual(["a", "b"]);
    expect(second.raft.leader).toEqual({ leaderId: 1, epoch: 2 });
    await second.close();
  });

  test("each life of the controller makes itself known", async () => {
    const dir = temporaryDirectory();
    const incarnationOf = async () => {
      const node = await start(dir);
      const registered = () => node.loader.image.cluster.controllers.get(1);
      await until(() => registered()?.endpoints[0]?.port === 19401);
      const before = registered()?.incarnationId;
      await node.joinBroker();
      expect(registered()?.incarnationId).toBe(before);
      await node.close();
      return before;
    };
    const first = await incarnationOf();
    const node = await start(dir);
    await until(() => node.loader.image.cluster.controllers.get(1)?.incarnationId !== first);
    await node.close();
  });

  test("a torn tail is cut, wherever it was torn", async () => {
    const dir = temporaryDirectory();
    const first = await start(dir);
    await first.joinBroker();
    await first.createTopic("kept");
    const segment = "__cluster_metadata-0/00000000000000000000.log";
    const keptBytes = statSync(join(dir, segment)).size;
    await first.createTopic("torn");
    const wholeBytes = statSync(join(dir, segment)).size;
    for (const sizeBytes of [keptBytes, keptBytes + 1, keptBytes + 20, keptBytes + 61, wholeBytes - 1, wholeBytes]) {
      const copy = temporaryDirectory();
      cpSync(dir, copy, { recursive: true });
      truncateSync(join(copy, segment), sizeBytes);
      const next = await start(copy);
      expect(topicsOf(next)).toEqual(sizeBytes === wholeBytes ? ["kept", "torn"] : ["kept"]);
      await next.joinBroker();
      await next.createTopic("after");
      expect(topicsOf(next)).toContain("after");
      await next.close();
    }
  });

  test("a snapshot stands in for the log", async () => {
    const dir = temporaryDirectory();
    const snapshots = [["metadata.log.max.record.bytes.between.snapshots", "1000"]] as [string, string][];
    const first = await start(dir, snapshots);
    await first.joinBroker();
    for (let i = 0; i < 12; i++) await first.createTopic(`t${i}`);
    await first.close();
    const metadataDir = join(dir, "__cluster_metadata-0");
    const written = readdirSync(metadataDir).filter((name) => /^0+[1-9]\d*-.*\.checkpoint$/.test(name));
    expect(written.length).toBeGreaterThan(0);
    const second = await start(dir, snapshots);
    expect(topicsOf(second)).toHaveLength(12);
    await second.close();
  });

  test.each([
    [{ noInitialControllers: true }, /has no voters.*--no-initial-controllers.*kafka-storage\.sh format --standalone/],
    [
      { initialControllers: "2@localhost:9093:CAAAAAAAAAAAAAAAAAAAAw" },
      /The voters of the metadata quorum are 2 \(directory id CAAAAAAAAAAAAAAAAAAAAw\), and this is node 1 /,
    ],
    [
      { initialControllers: "1@localhost:1:CAAAAAAAAAAAAAAAAAAAAg,2@localhost:2:CAAAAAAAAAAAAAAAAAAAAw" },
      /are 1 \(directory id CAAAAAAAAAAAAAAAAAAAAg\), 2 \(directory id CAAAAAAAAAAAAAAAAAAAAw\), and this is node 1/,
    ],
  ])("a quorum that this node cannot lead alone is named: formatted with %j", async (how, message) => {
    const dir = temporaryDirectory();
    const ports = { disk: nodeDisk, random: nodeRandom, nowMs: 1 };
    formatStorage(formatOptionsFor(configFor(dir), { clusterId, ...how }, nodeRandom), ports);
    const started = start(dir);
    await expect(started).rejects.toBeInstanceOf(StartupError);
    await expect(started).rejects.toThrow(message);
  });

  test("where the configuration names the voters, it is told to format without --standalone", async () => {
    const dir = temporaryDirectory();
    const ports = { disk: nodeDisk, random: nodeRandom, nowMs: 1 };
    const initialControllers = "2@localhost:9093:CAAAAAAAAAAAAAAAAAAAAw";
    formatStorage(formatOptionsFor(configFor(dir), { clusterId, initialControllers }, nodeRandom), ports);
    await expect(start(dir, [["controller.quorum.voters", "1@localhost:19401"]])).rejects.toThrow(
      /an empty directory with kafka-storage\.sh format\.$/,
    );
  });

  test("the directory that Kafka wrote is taken over", async () => {
    const dir = temporaryDirectory();
    const metadataDir = join(dir, "__cluster_metadata-0");
    mkdirSync(metadataDir);
    for (const name of ["meta.properties", "bootstrap.checkpoint"])
      copyFileSync(new URL(name, kafkaLogDir), join(dir, name));
    for (const name of ["00000000000000000000.log", "00000000000000000059-0000000002.checkpoint", "quorum-state"]) {
      copyFileSync(new URL(name, kafkaLogDir), join(metadataDir, name));
    }
    const node = await start(dir);
    expect(topicsOf(node)).toEqual(["t1", "t2"]);
    expect(node.raft.leader).toEqual({ leaderId: 1, epoch: 3 });
    expect(readFileSync(join(metadataDir, "quorum-state"), "utf8")).toContain('"leaderEpoch":3');
    expect(node.raft.state.voters[0]?.endpoints).toEqual([{ name: "CONTROLLER", host: "localhost", port: 19401 }]);
    await node.joinBroker();
    await node.createTopic("t3");
    expect(topicsOf(node)).toEqual(["t1", "t2", "t3"]);
    expect(node.loader.image.topics.byName.get("t1")?.partitions[0]).toMatchObject({ leader: 1, isr: [1] });
    await node.close();
  });
});
