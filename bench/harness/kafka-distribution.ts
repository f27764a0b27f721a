import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const kafkaVersion = "4.3.0";

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>odradek</groupId>
  <artifactId>bench</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${kafkaVersion}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-tools</artifactId>
      <version>${kafkaVersion}</version>
    </dependency>
  </dependencies>
</project>
`;

/**
 * The folder with the jars of Apache Kafka, broker and tools, fetched from Maven Central into `.cache` at the first use.
 * @throws Error when that is not possible
 */
export function kafkaLibraries(root: string): string {
  const cache = join(root, ".cache", `kafka-${kafkaVersion}`);
  const libraries = join(cache, "libs");
  // Written last, so that a download that broke off is not taken for a whole one.
  const stamp = join(cache, ".complete");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === pom) return libraries;
  process.stderr.write(`Fetching Apache Kafka ${kafkaVersion} from Maven Central …\n`);
  mkdirSync(libraries, { recursive: true });
  writeFileSync(join(cache, "pom.xml"), pom);
  const args = [
    "-q",
    "-B",
    "-f",
    join(cache, "pom.xml"),
    "dependency:copy-dependencies",
    `-DoutputDirectory=${libraries}`,
  ];
  const result = spawnSync("mvn", args, { stdio: ["ignore", "inherit", "inherit"], timeout: 600_000 });
  if (result.status !== 0) throw new Error(`mvn could not fetch Apache Kafka ${kafkaVersion} (is Maven installed?)`);
  writeFileSync(stamp, pom);
  return libraries;
}
