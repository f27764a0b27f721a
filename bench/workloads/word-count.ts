import { join } from "node:path";
import { streamsLibraries } from "../harness/kafka-distribution.ts";
import { runTool } from "../harness/run-tool.ts";
import { type Session } from "../harness/session.ts";
import { java } from "../harness/target.ts";
import { type Workload } from "./workload.ts";

const timeoutMs = 300_000;
const lines = 200_000;
const warmupLines = 60_000;

/** A Kafka Streams application that counts words exactly once, the same program for every broker. */
export const wordCount: Workload = {
  name: "wordCount",
  async run(session: Session): Promise<void> {
    const { options, broker } = session;
    const count = lines * (options.isQuick ? 0.2 : 1);
    const classpath = `${streamsLibraries(options.root)}/*`;
    const program = join(options.root, "bench/java/WordCount.java");
    const state = join(broker.place.folder, "streams");
    let cpuSeconds = 0;
    const output = await runTool(
      java,
      ["-Xmx768M", "-cp", classpath, program, `127.0.0.1:${session.port}`, state, `${count}`, `${warmupLines}`],
      timeoutMs,
      (text) => {
        if (text.includes("started")) cpuSeconds -= broker.cpuSeconds();
        if (text.includes("ended")) cpuSeconds += broker.cpuSeconds();
      },
    );
    const elapsedMs = Number(output.trim().split("\n").at(-1));
    if (!(elapsedMs > 0 && cpuSeconds > 0)) throw new Error(`WordCount said ${output}`);
    session.set("wordCount.perSecond", (count / elapsedMs) * 1000);
    session.set("wordCount.perCpuSecond", count / cpuSeconds);
  },
};
