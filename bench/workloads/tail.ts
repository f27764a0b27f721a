import { runJob } from "../harness/run-job.ts";
import { gigabyte, megabyte, perSecond, valueSizeBytes, type Session } from "../harness/session.ts";
import { recordsPer16k } from "./produce.ts";
import { type Workload } from "./workload.ts";

/** What everyone reads has just been written: the same load for both brokers, so that their CPU can be compared. */
export const tail: Workload = {
  name: "tail",
  run: (session: Session) =>
    session.withTopic("tail", 1, async (topic) => {
      const measured = await runJob(session.broker, {
        kind: "tail",
        port: session.port,
        topic,
        valueSizeBytes,
        recordsPerBatch: recordsPer16k,
        consumers: 8,
        batchesPerSecond: 1_000,
        window: 100,
        ...session.phases(3_000, 5_000),
      });
      session.noteGenerator("tail", measured);
      session.set("tail.perSecond", perSecond(measured, measured.bytes) / megabyte);
      session.set("tail.cpuPerGigabyte", measured.brokerCpuSeconds / (measured.bytes / gigabyte));
    }),
};

/** As fast as a hundred consumers can follow. */
export const fanout: Workload = {
  name: "fanout",
  run: (session: Session) =>
    session.withTopic("fanout", 1, async (topic) => {
      const measured = await runJob(session.broker, {
        kind: "tail",
        port: session.port,
        topic,
        valueSizeBytes,
        recordsPerBatch: 10,
        consumers: 100,
        window: 4,
        ...session.phases(3_000, 5_000),
      });
      session.noteGenerator("fanout", measured);
      session.set("fanout.perSecond", perSecond(measured, measured.records));
      session.set("fanout.perCpuSecond", measured.records / measured.brokerCpuSeconds);
    }),
};
