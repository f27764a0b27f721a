import { measure } from "../harness/measure.ts";
import { gigabyte, megabyte, perSecond, type Session } from "../harness/session.ts";
import { recordsPer16k } from "./produce.ts";
import { type Workload } from "./workload.ts";

/** What everyone reads has just been written: the same load for both brokers, so that their CPU can be compared. */
export const tail: Workload = {
  name: "tail",
  async run(session: Session): Promise<void> {
    const measured = await measure(session, "tail", 1, {
      kind: "tail",
      recordsPerBatch: recordsPer16k,
      consumers: 8,
      batchesPerSecond: 1_000,
      window: 100,
      ...session.phases(3_000, 4_000),
    });
    session.set("tail.perSecond", perSecond(measured, measured.bytes) / megabyte);
    session.set("tail.cpuPerGigabyte", measured.brokerCpuSeconds / (measured.bytes / gigabyte));
  },
};

/** As fast as a hundred consumers can follow. */
export const fanout: Workload = {
  name: "fanout",
  async run(session: Session): Promise<void> {
    const measured = await measure(session, "fanout", 1, {
      kind: "tail",
      recordsPerBatch: 10,
      consumers: 100,
      window: 4,
      ...session.phases(3_000, 5_000),
    });
    session.set("fanout.perSecond", perSecond(measured, measured.records));
    session.set("fanout.perCpuSecond", measured.records / measured.brokerCpuSeconds);
  },
};
