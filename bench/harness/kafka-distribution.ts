import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const kafkaVersion = "4.3.0";

/**
 * The folder with the jars of Apache Kafka, broker and tools, fetched from Maven Central into `.cache` at the first use.
 * @throws Error when that is not possible
 */
export function kafkaLibraries(root: string): string {
  return libraries(root, `kafka-${kafkaVersion}`, ["kafka_2.13", "kafka-tools"]);
}

/** The same for Kafka Streams, with RocksDB. */
export function streamsLibraries(root: string): string {
  return libraries(root, `kafka-streams-${kafkaVersion}`, ["kafka-streams"]);
}

function libraries(root: string, name: string, artifacts: readonly string[]): string {
  const cache = join(root, ".cache", name);
  const folder = join(cache, "libs");
  const pom = pomOf(artifacts);
  // Written last, so that a download that broke off is not taken for a whole one.
  const stamp = join(cache, ".complete");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === pom) return folder;
  process.stderr.write(`Fetching ${artifacts.join(" and ")} ${kafkaVersion} from Maven Central …\n`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(cache, "pom.xml"), pom);
  const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${folder}`];
  const result = spawnSync("mvn", ["-q", "-B", "-f", join(cache, "pom.xml"), ...goal], {
    stdio: ["ignore", "inherit", "inherit"],
    timeout: 600_000,
  });
  if (result.status !== 0) throw new Error(`mvn could not fetch ${artifacts.join(", ")} (is Maven installed?)`);
  writeFileSync(stamp, pom);
  return folder;
}

function pomOf(artifacts: readonly string[]): string {
  const dependencies = artifacts.map(
    (artifact) => `    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${kafkaVersion}</version>
    </dependency>
`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>odradek</groupId>
  <artifactId>bench</artifactId>
  <version>1</version>
  <dependencies>
${dependencies.join("")}  </dependencies>
</project>
`;
}
