import { existsSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "../harness/run-tool.ts";
import { valueSizeBytes, type Session } from "../harness/session.ts";
import { type Workload } from "./workload.ts";

const toolTimeoutMs = 120_000;
const installTimeoutMs = 300_000;
const records = 4_000_000;
const packages = ["confluent-kafka==2.16.*"];

/** librdkafka through its Python package, which is what limits it. */
export const librdkafka: Workload = {
  name: "librdkafka",
  async run(session: Session): Promise<void> {
    const python = await preparePython(session.options.root);
    const script = join(session.options.root, "bench/workloads/librdkafka.py");
    const count = records * (session.options.isQuick ? 0.2 : 1);
    await session.withTopic("librdkafka", 1, async (topic) => {
      for (const work of ["produce", "consume"] as const) {
        const cpuBefore = session.broker.cpuSeconds();
        const args = [script, `127.0.0.1:${session.port}`, topic, work, `${count}`, `${valueSizeBytes}`];
        const { perSecond } = JSON.parse(await runTool(python, args, toolTimeoutMs)) as { perSecond: number };
        const name = work === "produce" ? "librdkafkaProduce" : "librdkafkaConsume";
        session.set(`${name}.perSecond`, perSecond);
        session.set(`${name}.perCpuSecond`, count / (session.broker.cpuSeconds() - cpuBefore));
      }
    });
  },
};

/** A Python with the client, installed into `.cache` at the first use. */
async function preparePython(root: string): Promise<string> {
  const folder = join(root, ".cache/bench-python");
  const python = join(folder, "bin/python");
  const check = ["-c", "import confluent_kafka"];
  if (existsSync(python) && (await runTool(python, check, toolTimeoutMs).catch(() => undefined)) !== undefined)
    return python;
  process.stderr.write(`    installing ${packages.join(" ")} …\n`);
  await runTool("python3", ["-m", "venv", "--clear", folder], installTimeoutMs);
  await runTool(python, ["-m", "pip", "install", "--quiet", ...packages], installTimeoutMs);
  return python;
}
