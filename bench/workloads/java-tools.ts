import { kafkaLibraries } from "../harness/kafka-distribution.ts";
import { runTool } from "../harness/run-tool.ts";
import { megabyte, valueSizeBytes, type Session } from "../harness/session.ts";
import { java } from "../harness/target.ts";
import { type Workload } from "./workload.ts";

const toolTimeoutMs = 120_000;
const records = 6_000_000;
const warmupRecords = 2_000_000;
const roundTrips = 5_000;

/** Kafka's own performance tools, each in a JVM of its own. */
export const javaTools: Workload = {
  name: "java",
  run: (session: Session) =>
    session.withTopic("java", 1, async (topic) => {
      const share = session.options.isQuick ? 0.2 : 1;
      const bootstrap = `127.0.0.1:${session.port}`;
      await produce(session, topic, bootstrap, records * share, warmupRecords * share);
      await consume(session, topic, bootstrap, records * share);
      await roundTrip(session, bootstrap, roundTrips * share);
    }),
};

function tool(session: Session, name: string, args: readonly string[]): Promise<string> {
  const classpath = `${kafkaLibraries(session.options.root)}/*`;
  return runTool(java, ["-Xmx512M", "-cp", classpath, `org.apache.kafka.tools.${name}`, ...args], toolTimeoutMs);
}

async function produce(session: Session, topic: string, bootstrap: string, count: number, warmup: number) {
  const cpuBefore = session.broker.cpuSeconds();
  const output = await tool(session, "ProducerPerformance", [
    "--topic",
    topic,
    "--num-records",
    `${count}`,
    "--warmup-records",
    `${warmup}`,
    "--record-size",
    `${valueSizeBytes}`,
    "--throughput",
    "-1",
    "--command-property",
    `bootstrap.servers=${bootstrap}`,
    "acks=all",
  ]);
  const figures = producerFigures(output);
  session.set("javaProduce.perSecond", figures.perSecond);
  session.set("javaProduce.perCpuSecond", count / (session.broker.cpuSeconds() - cpuBefore));
  session.set("javaProduce.p99", figures.p99Ms);
}

async function consume(session: Session, topic: string, bootstrap: string, count: number): Promise<void> {
  const cpuBefore = session.broker.cpuSeconds();
  const output = await tool(session, "ConsumerPerformance", [
    "--bootstrap-server",
    bootstrap,
    "--topic",
    topic,
    "--num-records",
    `${count}`,
    "--hide-header",
  ]);
  const { megabytes, megabytesPerSecond } = consumerFigures(output);
  session.set("javaConsume.perSecond", megabytesPerSecond);
  session.set("javaConsume.cpuPerGigabyte", (session.broker.cpuSeconds() - cpuBefore) / (megabytes / 1000));
}

async function roundTrip(session: Session, bootstrap: string, count: number): Promise<void> {
  await session.withTopic("java-latency", 1, async (topic) => {
    const output = await tool(session, "EndToEndLatency", [bootstrap, topic, `${count}`, "all", `${valueSizeBytes}`]);
    const average = /Avg latency: ([\d.]+) ms/.exec(output)?.[1];
    if (average === undefined) throw new Error(`EndToEndLatency said ${output}`);
    session.set("javaLatency.average", Number(average));
  });
}

/** The last summary line is that of the records behind the warm-up. */
export function producerFigures(output: string): { perSecond: number; p99Ms: number } {
  const line = output.trim().split("\n").at(-1) ?? "";
  const match = /([\d.]+) records\/sec .* (\d+) ms 99th/.exec(line);
  if (match === null) throw new Error(`ProducerPerformance said ${line}`);
  return { perSecond: Number(match[1]), p99Ms: Number(match[2]) };
}

/** One line: start, end, MB (of 2^20), MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s. */
export function consumerFigures(output: string): { megabytes: number; megabytesPerSecond: number } {
  const fields = (output.trim().split("\n").at(-1) ?? "").split(",").map((field) => field.trim());
  const [mebibytes, perSecond] = [Number(fields[2]), Number(fields[8])];
  if (!(mebibytes > 0 && perSecond > 0)) throw new Error(`ConsumerPerformance said ${output}`);
  return { megabytes: (mebibytes * 2 ** 20) / megabyte, megabytesPerSecond: (perSecond * 2 ** 20) / megabyte };
}
