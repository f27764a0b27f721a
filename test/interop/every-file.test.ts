import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { TestBroker } from "../support/broker/test-broker.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { BrokerTraffic } from "./support/broker-traffic.ts";
import { contentsOf } from "./support/broker-contents.ts";
import { checkEveryFile, checkFiles, checkSegmentsAreWhole, filesIn } from "./support/data-files.ts";
import { dumpTool } from "./support/dump-tools.ts";
import { prepareJava } from "./support/java.ts";
import { JavaToolRunner } from "./support/java-tool-runner.ts";
import { withTool } from "./support/tool-or-skip.ts";

const directoryNames = ["one", "two"];
const groups = ["by hand", "members"];

/** Work that a broker does by itself comes soon. */
const impatient = {
  "log.retention.check.interval.ms": "200",
  "log.initial.task.delay.ms": "100",
  "log.cleaner.backoff.ms": "200",
  "log.flush.offset.checkpoint.interval.ms": "500",
  "log.flush.start.offset.checkpoint.interval.ms": "500",
  "replica.high.watermark.checkpoint.interval.ms": "500",
  "metadata.log.max.record.bytes.between.snapshots": "2000",
  "offsets.topic.num.partitions": "1",
};
/** Nothing of what is there goes away while it is compared. */
const patient = { "log.retention.check.interval.ms": "3600000", "log.cleaner.enable": "false" };

/** INFO too: what Kafka says of the files that it loads. */
const kafkasLogging = `appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %p %c{1}: %m%n
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
`;

const directoriesIn = (directory: string) => directoryNames.map((name) => join(directory, name));
const logDirs = (directory: string) => ({ "log.dirs": directoriesIn(directory).join(",") });

/** Every kind of traffic. */
async function drive(traffic: BrokerTraffic, directories: readonly string[]): Promise<void> {
  await traffic.create("plain", 2, { "index.interval.bytes": "100" });
  await traffic.create("stamped", 1, { "message.timestamp.type": "LogAppendTime" });
  await traffic.create("recompressed", 1, { "compression.type": "zstd", "compression.zstd.level": "7" });
  await traffic.create("preallocated", 1, { preallocate: "true", "segment.bytes": "1048576" });
  await traffic.create("rolled", 1, {
    "segment.bytes": "1048576",
    "retention.bytes": "1048576",
    "file.delete.delay.ms": "100",
  });
  await traffic.create("flushed", 1, { "flush.messages": "1", "segment.ms": "500" });
  await traffic.create("compacted", 1, {
    "cleanup.policy": "compact",
    "segment.ms": "100",
    "min.cleanable.dirty.ratio": "0.01",
    "max.compaction.lag.ms": "1000",
    "file.delete.delay.ms": "100",
  });
  await traffic.create("emptied", 1);
  await traffic.create("gone", 2);

  for (const topic of ["plain", "stamped", "recompressed", "preallocated", "flushed", "compacted", "emptied", "gone"]) {
    await traffic.produceAll(topic, 0);
  }
  for (let round = 0; round < 20; round++) await traffic.produceAll("rolled", 0, 40_000);
  await traffic.until("retention", async () => (await traffic.logStart("rolled", 0)) > 0);
  await traffic.produceIdempotently("plain", 1, 8);
  await traffic.produceAll("flushed", 0);

  await traffic.addPartitions("plain", 3);
  await traffic.produceAll("plain", 2);
  await traffic.configure("plain", { "retention.ms": "7200000", "max.message.bytes": "2000000" });
  await traffic.configure("plain", { "max.message.bytes": null });
  await traffic.configure("broker", { "log.retention.ms": "86400000" });
  await traffic.delete("gone");
  await traffic.deleteRecords("emptied", 0, 7);
  await traffic.moveReplica("stamped", 0, directories[0]!);
  await traffic.moveReplica("stamped", 0, directories[1]!);

  await traffic.produceAll("compacted", 0);
  await traffic.until("compaction", () => isCompacted(directories));

  await traffic.consumeInGroup("members", "plain");
  await traffic.commit("by hand", "plain", 0, 5);
  await traffic.commit("by hand", "emptied", 0, 9);
  await traffic.commit("short-lived", "plain", 0, 5);
  await traffic.deleteGroup("short-lived");
}

/** All of the partition is clean but the segment that is written to. */
function isCompacted(directories: readonly string[]): boolean {
  return directories.some((directory) => {
    const [partition, checkpoint] = [join(directory, "compacted-0"), join(directory, "cleaner-offset-checkpoint")];
    if (!existsSync(partition) || !existsSync(checkpoint)) return false;
    const starts = readdirSync(partition).map((name) => Number(/^(\d{20})\.log$/.exec(name)?.[1] ?? 0));
    const end = /^compacted 0 (\d+)$/m.exec(readFileSync(checkpoint, "utf8"))?.[1];
    return Number(end) === Math.max(...starts);
  });
}

/** What Kafka says when a file of a log is not as it should be. */
const complaint = /^(?:WARN|ERROR|FATAL) .*|.*(?:[Cc]orrupt|Malformed|Recovering|invalid messages|[Tt]runcat).*/gm;
/** What it says of its own files too, and of itself; of its connections and its controller it says more where it is slow. */
const usual =
  /Stopped loading records|recovered for __cluster_metadata|controller activation|is deprecated|^\w+ (?:NetworkClient|\w*RequestThread|BrokerLifecycleManager|BrokerHeartbeatManager|QuorumController|EventPerformanceMonitor|KafkaRaftClient|RaftManager): /;

/**
 * What it says besides when the broker before it was killed. Our indexes reach their files when a segment ends or is
 * flushed; behind the recovery point they are rebuilt whatever is there.
 */
const recovery = /Recovering (?:\d+ logs|unflushed segment)|Could not find offset index file|preallocated-0/;

interface Before {
  /** Leader epochs that have ended. */
  readonly epochs: number;
  readonly contents: object;
  /** Where the idempotent producer's last batch is. */
  readonly lastOffset: number;
}

await withTool("every file", prepareJava, (java) => {
  describe("Kafka's own tools accept every file that the broker writes", () => {
    let kafkas: JavaToolRunner;
    beforeAll(() => {
      kafkas = new JavaToolRunner(java, dumpTool);
    });
    afterAll(() => kafkas.close());

    /** Starts Apache Kafka on a copy, which has to find everything as it was; gives what it complained of. */
    async function kafkaReads(broker: TestBroker, directory: string, before: Before, traffic: BrokerTraffic) {
      const copy = temporaryDirectory();
      cpSync(directory, copy, { recursive: true });
      const logging = join(copy, "log4j2.properties");
      writeFileSync(logging, kafkasLogging);
      process.env["JDK_JAVA_OPTIONS"] = `-Dlog4j2.configurationFile=${logging}`;
      const kafka = await TestBroker.start({
        target: "kafka",
        dataDirectory: join(copy, directoryNames[0]!),
        properties: { ...impatient, ...patient, ...logDirs(copy) },
        portsOf: broker,
      });
      delete process.env["JDK_JAVA_OPTIONS"];
      onTestFinished(() => kafka.remove());
      expect(await contentsOf(kafka.port, groups, before.epochs)).toEqual(before.contents);
      // It knows what the idempotent producer wrote last.
      expect(await traffic.repeatLast("plain", 1)).toBe(before.lastOffset);
      await kafka.stop();
      return (kafka.log.match(complaint) ?? []).filter((line) => !usual.test(line));
    }

    /** What is there when nothing changes by itself any more. */
    async function settled(broker: TestBroker, traffic: BrokerTraffic, epochs: number): Promise<Before> {
      await traffic.until("compaction", () => isCompacted(directoriesIn(broker.dataDirectory)));
      await traffic.configure("compacted", { "cleanup.policy": "delete", "retention.ms": "-1" });
      const lastOffset = await traffic.repeatLast("plain", 1);
      for (let contents: object = {}; ;) {
        const found = await contentsOf(broker.port, groups, epochs);
        if (isDeepStrictEqual(found, contents)) return { epochs, lastOffset, contents };
        contents = found;
        await sleep(500);
      }
    }

    test("through crash and restart", async () => {
      const directory = temporaryDirectory();
      const directories = directoriesIn(directory);
      const properties = { ...impatient, ...logDirs(directory) };
      const broker = await TestBroker.start({ target: "odradek", dataDirectory: directory, properties });
      onTestFinished(() => broker.remove());
      const traffic = new BrokerTraffic(broker.port);
      await drive(traffic, directories);

      const beforeCrash = await settled(broker, traffic, 0);
      await broker.kill();
      const segments = directories.flatMap(filesIn).filter((path) => path.endsWith(".log"));
      // The zeros of a preallocated segment are no batches; to Kafka its own are not either.
      await checkFiles(
        kafkas,
        segments.filter((path) => !path.includes("preallocated")),
      );
      const complaints = await kafkaReads(broker, directory, beforeCrash, traffic);
      expect(complaints.filter((line) => !recovery.test(line))).toEqual([]);

      await broker.start();
      await traffic.configure("compacted", { "cleanup.policy": "compact", "retention.ms": null });
      await traffic.produceAll("plain", 0);
      await traffic.produceAll("compacted", 0);
      await traffic.produceIdempotently("plain", 1, 3);
      await traffic.consumeInGroup("members", "plain");
      await broker.restart("clean");
      await traffic.produceAll("plain", 0);
      await traffic.until("a snapshot of the metadata", () =>
        filesIn(directory).some((path) => /\d{20}-\d{10}\.checkpoint$/.test(path)),
      );
      const beforeStop = await settled(broker, traffic, 4);
      await broker.stop();
      checkSegmentsAreWhole(directories);
      expect(await kafkaReads(broker, directory, beforeStop, traffic)).toEqual([]);
      await checkEveryFile(kafkas, directories);
    });
  });
});
