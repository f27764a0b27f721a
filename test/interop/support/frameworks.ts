import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { waitUntil } from "../../support/broker/wait-until.ts";
import { kafkaVersion } from "../../support/java-libraries.ts";
import { runTool } from "../../support/run-tool.ts";
import { cached } from "../../support/tool-cache.ts";
import { warningsToStandardError } from "./java.ts";
import { sourcesOf } from "./sources.ts";

const sources = fileURLToPath(new URL("../frameworks/", import.meta.url));

function dependency(artifact: string): string {
  return `<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${kafkaVersion}</version></dependency>`;
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>odradek</groupId>
  <artifactId>frameworks</artifactId>
  <version>1</version>
  <dependencies>
    ${["kafka-streams", "connect-runtime", "connect-file"].map(dependency).join("")}
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
`;

const startTimeoutMs = 180_000;
const stopTimeoutMs = 30_000;

const flags = ["-Xmx384M", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"];

export interface Frameworks {
  /** Arguments of `java` before the name of a main class. */
  readonly arguments: readonly string[];
  /** Where Connect finds its file connectors. */
  readonly pluginPath: string;
}

/**
 * Kafka Streams, Kafka Connect with its file connectors, and our Streams program compiled against them.
 * @throws ToolMissing when that is not possible on this machine
 */
export async function prepareFrameworks(): Promise<Frameworks> {
  const folder = await cached("java-frameworks", pom, async (output) => {
    mkdirSync(join(output, "libs"));
    writeFileSync(join(output, "pom.xml"), pom);
    await runTool("java", ["-version"]);
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${join(output, "libs")}`];
    await runTool("mvn", ["-q", "-B", "-f", join(output, "pom.xml"), ...goal]);
  });
  const libraries = join(folder, "libs");
  const classes = await cached(
    "java-framework-programs",
    sourcesOf(sources) + warningsToStandardError,
    async (output) => {
      const program = join(sources, "StreamsProgram.java");
      await runTool("javac", ["-encoding", "UTF-8", "-cp", `${libraries}/*`, "-d", output, program]);
      writeFileSync(join(output, "log4j2.properties"), warningsToStandardError);
    },
  );
  return {
    arguments: [...flags, "-cp", `${classes}:${libraries}/*`],
    pluginPath: join(libraries, `connect-file-${kafkaVersion}.jar`),
  };
}

/** A process of one of the frameworks. */
export class FrameworkProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #lines: string[] = [];
  readonly #killAtExit = () => this.#child.kill("SIGKILL");

  constructor({ arguments: java }: Frameworks, mainClass: string, args: readonly string[]) {
    this.#child = spawn("java", [...java, mainClass, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    process.once("exit", this.#killAtExit);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream as NodeJS.ReadableStream }).on("line", (line) => this.#lines.push(line));
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", () => {
        process.off("exit", this.#killAtExit);
        resolve();
      });
    });
  }

  /** @throws Error with its last lines when it has not printed the line in time */
  async prints(line: string): Promise<void> {
    await waitUntil(
      line,
      async () => (this.#lines.includes(line) ? undefined : `\n${this.#lines.slice(-30).join("\n")}\n`),
      startTimeoutMs,
    );
  }

  /** In the middle of what it does. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** In good order, when it manages that within 30 s. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), stopTimeoutMs);
    await this.#ended;
    clearTimeout(timer);
  }
}
