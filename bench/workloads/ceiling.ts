import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { trackProcess } from "../harness/cleanup.ts";
import { bundleOf, runJob, type Measured } from "../harness/run-job.ts";
import { perSecond, phaseSizeBytesMax, valueSizeBytes, type Session } from "../harness/session.ts";
import { recordsPer16k } from "./produce.ts";
import { type Workload } from "./workload.ts";

/** How much of what sockets in Node can take at all is left when a broker is behind them. Once a round, not for each broker. */
export const ceiling: Workload = {
  name: "ceiling",
  async run(session: Session): Promise<void> {
    if (session.broker.target.name !== "odradek") return;
    const answering = await load(session, "ceiling.answers");
    session.set("ceiling.answers", answering);
    const writing = await load(session, "ceiling.writes", [join(session.broker.place.folder, "sink")]);
    session.set("ceiling.writes", writing);
    const ours = session.values["produce16k.perSecond"];
    if (ours === undefined) return;
    session.set("ceiling.share", ours / answering);
    session.set("ceiling.writingShare", ours / writing);
  },
};

async function load(session: Session, name: string, files: string[] = []): Promise<number> {
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
