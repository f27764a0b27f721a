import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { javaLibraries } from "../../support/java-libraries.ts";
import { runProcess } from "../../support/run-process.ts";
import { runTool } from "../../support/run-tool.ts";
import { cached } from "../../support/tool-cache.ts";
import { ProgramClient } from "./program-client.ts";
import { sourcesOf } from "./sources.ts";

const sources = fileURLToPath(new URL("../java/", import.meta.url));

/** Warnings only, to standard error. */
export const warningsToStandardError = `status = error
appender.err.type = Console
appender.err.name = err
appender.err.target = SYSTEM_ERR
appender.err.layout.type = PatternLayout
appender.err.layout.pattern = %d{HH:mm:ss,SSS} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.err.ref = err
`;

/** A JVM that starts fast and takes little: these programs live for seconds. */
const flags = ["-Xmx256M", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"];

export interface Java {
  /** Arguments of `java` before the name of a main class. */
  readonly arguments: readonly string[];
}

/** Kafka's jars, and our client program compiled against them. */
export async function prepareJava(): Promise<Java> {
  const libraries = await javaLibraries();
  const classes = await cached("java-client", sourcesOf(sources) + warningsToStandardError, async (output) => {
    await runTool("javac", ["-encoding", "UTF-8", "-cp", `${libraries}/*`, "-d", output, ...javaFiles()]);
    writeFileSync(join(output, "log4j2.properties"), warningsToStandardError);
  });
  return { arguments: [...flags, "-cp", `${classes}:${libraries}/*`] };
}

function javaFiles(): string[] {
  return ["ClientProgram", "Administration", "Records", "Group", "Members", "Share", "ToolRunner"].map((name) =>
    join(sources, `${name}.java`),
  );
}

export function javaClient(java: Java): ProgramClient {
  return new ProgramClient("java", [...java.arguments, "ClientProgram"]);
}

/** Runs one of Kafka's command-line tools to its end. */
export async function javaTool(
  java: Java,
  mainClass: string,
  args: readonly string[],
  stdin = "",
): Promise<ToolResult> {
  const { code, stdout, stderr } = await runProcess("java", [...java.arguments, mainClass, ...args], { stdin });
  return { status: code, output: stdout, errors: stderr };
}

export interface ToolResult {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}
