import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "./tool-cache.ts";
import { runTool } from "./run-tool.ts";

export const kafkaVersion = "4.3.0";

function dependency(group: string, artifact: string, version: string): string {
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>odradek</groupId>
  <artifactId>interop</artifactId>
  <version>1</version>
  <dependencies>
    ${dependency("org.apache.kafka", "kafka_2.13", kafkaVersion)}
    ${dependency("org.apache.kafka", "kafka-tools", kafkaVersion)}
    ${dependency("org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3")}
  </dependencies>
</project>
`;

/**
 * The folder with the jars of Apache Kafka: clients, console tools and the broker itself. Fetched from Maven Central at
 * the first use.
 * @throws ToolMissing when that is not possible on this machine
 */
export function javaLibraries(): Promise<string> {
  return cached("java", pom, async (folder) => {
    const libraries = join(folder, "libs");
    mkdirSync(libraries, { recursive: true });
    writeFileSync(join(folder, "pom.xml"), pom);
    await runTool("java", ["-version"]);
    await runTool("mvn", [
      "-q",
      "-B",
      "-f",
      join(folder, "pom.xml"),
      "dependency:copy-dependencies",
      `-DoutputDirectory=${libraries}`,
    ]);
  }).then((folder) => join(folder, "libs"));
}
