import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { javaLibraries } from "../java-libraries.ts";

export type TargetName = "odradek" | "kafka";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** `INTEROP_TARGET=kafka` runs the same suites against Apache Kafka, which shows what they demand of a broker. */
export function targetUnderTest(): TargetName {
  const name = process.env["INTEROP_TARGET"] ?? "odradek";
  if (name !== "odradek" && name !== "kafka")
    throw new Error(`INTEROP_TARGET is "${name}"; it may be odradek or kafka`);
  return name;
}

/** The command that starts a broker with a properties file, after what must happen before (Kafka's format). */
export async function startCommand(
  target: TargetName,
  propertiesFile: string,
): Promise<readonly [string, ...string[]]> {
  if (target === "odradek") {
    if (!existsSync(join(root, "dist/cli/odradek.cjs"))) throw new Error("The broker is not built: `npm run build`");
    return [process.execPath, join(root, "bin/odradek.cjs"), propertiesFile];
  }
  const java = ["-Xmx512M", "-XX:TieredStopAtLevel=1", "-cp", `${await javaLibraries()}/*`];
  const command = ["java", ...java, "kafka.Kafka", propertiesFile] as const;
  if (isFormatted(propertiesFile)) return command;
  const format = ["kafka.tools.StorageTool", "format", "--standalone", "--ignore-formatted"];
  const result = spawnSync("java", [...java, ...format, "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", propertiesFile]);
  if (result.status !== 0) throw new Error(`Kafka could not format: ${result.stdout}${result.stderr}`);
  return command;
}

/** Also by the other broker, whose cluster id is then the one that counts. */
function isFormatted(propertiesFile: string): boolean {
  const directories = /^log\.dirs=(.*)$/m.exec(readFileSync(propertiesFile, "utf8"))?.[1] ?? "";
  return directories.split(",").some((directory) => existsSync(join(directory, "meta.properties")));
}
