import { join } from "node:path";
import { kafkaLibraries, kafkaVersion } from "./kafka-distribution.ts";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A broker that is measured. */
export interface Target {
  readonly name: "odradek" | "kafka";
  readonly label: string;
  /** Formats the data directory beforehand. */
  format(propertiesFile: string): Command;
  start(propertiesFile: string): Command;
}

const clusterId = "MkU3OEVBNTcwNTJENDM2Qk";

export function odradekTarget(root: string): Target {
  return {
    name: "odradek",
    label: "Odradek",
    format: (propertiesFile) => ({
      file: process.execPath,
      args: [join(root, "dist/cli/kafka-storage.js"), ...formatArguments(propertiesFile)],
    }),
    start: (propertiesFile) => ({ file: join(root, "bin/kafka-server-start.sh"), args: [propertiesFile] }),
  };
}

function formatArguments(propertiesFile: string): string[] {
  return ["format", "--standalone", "-t", clusterId, "-c", propertiesFile];
}

/** The flags that Kafka's start scripts pass, with their default heap. */
const kafkaJvmFlags = [
  "-Xmx1G",
  "-Xms1G",
  "-server",
  "-XX:+UseG1GC",
  "-XX:MaxGCPauseMillis=20",
  "-XX:InitiatingHeapOccupancyPercent=35",
  "-XX:+ExplicitGCInvokesConcurrent",
  "-Djava.awt.headless=true",
];

export const java = process.env["JAVA_HOME"] === undefined ? "java" : join(process.env["JAVA_HOME"], "bin/java");

/** Its jars alone, so without a logging back end: it writes no log, which is in its favour. */
export function kafkaTarget(root: string): Target {
  const classpath = `${kafkaLibraries(root)}/*`;
  return {
    name: "kafka",
    label: `Apache Kafka ${kafkaVersion}`,
    format: (propertiesFile) => ({
      file: java,
      args: ["-cp", classpath, "kafka.tools.StorageTool", ...formatArguments(propertiesFile)],
    }),
    start: (propertiesFile) => ({
      file: java,
      args: [...kafkaJvmFlags, "-cp", classpath, "kafka.Kafka", propertiesFile],
    }),
  };
}
