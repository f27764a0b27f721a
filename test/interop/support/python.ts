import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached } from "../../support/tool-cache.ts";
import { runTool } from "../../support/run-tool.ts";
import { ProgramClient } from "./program-client.ts";

/** The clients, and the codec packages that they ask for. */
const packages = [
  "kafka-python==3.0.*",
  "aiokafka==0.14.*",
  "confluent-kafka==2.16.*",
  "python-snappy==0.7.*",
  "lz4==4.4.*",
  "zstandard==0.25.*",
  "cramjam==2.*",
];

const scripts = fileURLToPath(new URL("../python/", import.meta.url));

/** Path of a Python that has the clients. */
export async function preparePython(): Promise<string> {
  const folder = await cached("python", packages.join(" "), async (venv) => {
    await runTool("python3", ["-m", "venv", venv]);
    await runTool(join(venv, "bin/python"), ["-m", "pip", "install", "--quiet", ...packages]);
  });
  return join(folder, "bin/python");
}

export function pythonClient(python: string, script: string): ProgramClient {
  return new ProgramClient(python, ["-u", join(scripts, script)]);
}
