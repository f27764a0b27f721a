import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { trackProcess } from "../harness/cleanup.ts";
import { HeldFiles } from "../harness/held-files.ts";
import { syncDisks } from "../harness/page-cache.ts";
import { bundleOf, runJob, type Measured } from "../harness/run-job.ts";
import { perSecond, phaseSizeBytesMax, valueSizeBytes, type Session } from "../harness/session.ts";
import { recordsPer16k } from "./produce.ts";
import { type Workload } from "./workload.ts";

/** How much of what sockets in Node can take at all is left when a broker is behind them. Once a round, not for each broker. */
export const ceiling: Workload = {
  name: "ceiling",
  async run(session: Session): Promise<void> {
    if (session.broker.target.name !== "odradek") return;
    const answering = await load(session, "ceiling.answers", []);
    session.set("ceiling.answers", answering);
    const writing = await writingCeiling(session);
    session.set("ceiling.writes", writing);
    const ours = session.values["produce16k.perSecond"];
    if (ours === undefined) return;
    session.set("ceiling.share", ours / answering);
    session.set("ceiling.writingShare", ours / writing);
  },
};

/** As for the brokers, what is measured is written to memory that the machine has. */
async function writingCeiling(session: Session): Promise<number> {
  const file = join(session.broker.place.folder, "sink");
  const held = new HeldFiles(session.broker.place.folder);
  try {
    await load(session, "ceiling.writes", [file]);
    held.hold([file]);
    rmSync(file);
    syncDisks();
    return await load(session, "ceiling.writes", [file], held.paths);
  } finally {
    held.release();
  }
}

async function load(session: Session, name: string, files: string[], stockFiles: string[] = []): Promise<number> {
  const topic = "produce16k";
  const sink = fork(bundleOf("sink"), [topic, ...files], { detached: true });
  trackProcess(sink);
  try {
    const [{ port }] = (await once(sink, "message")) as [{ port: number }];
    const measured: Measured = await runJob(
      { port, pids: () => [sink.pid!] },
      {
        kind: "produce",
        port,
        topic,
        valueSizeBytes,
        recordsPerBatch: recordsPer16k,
        phaseSizeBytesMax,
        stockFiles,
        partitions: 1,
        partitionsPerRequest: 1,
        connections: 1,
        window: 10,
        ...session.phases(2_000, 4_000),
      },
    );
    session.noteGenerator(name, measured);
    return perSecond(measured, measured.records);
  } finally {
    sink.kill("SIGKILL");
  }
}
