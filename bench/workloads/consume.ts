import { partitionFolders } from "../harness/broker.ts";
import { dropLogsFromPageCache, takeLogsIntoPageCache } from "../harness/page-cache.ts";
import { runJob, type Measured } from "../harness/run-job.ts";
import { gigabyte, megabyte, perSecond, valueSizeBytes, type Session } from "../harness/session.ts";
import { recordsPer16k } from "./produce.ts";
import { type Workload } from "./workload.ts";

const fetchSizeBytes = 2 ** 20;
/** Read during the warm-up; the measured part lies behind it. */
const warmupSizeBytes = 2e8;
const measuredSizeBytes = 2e9;
const fillMsMax = 60_000;

/** A topic that is larger than every cache of a broker, read first from the disk and then from the page cache. */
export const consume: Workload = {
  name: "consume",
  run: (session: Session) =>
    session.withTopic("consume", 1, async (topic) => {
      const rangeSizeBytes = warmupSizeBytes + measuredSizeBytes * (session.options.isQuick ? 0.25 : 1);
      await fill(session, topic, rangeSizeBytes * 1.05);
      for (const folder of partitionFolders(session.broker.place, topic)) dropLogsFromPageCache(folder);
      report(session, "cold", await read(session, topic, rangeSizeBytes, true));
      // Who reads past the cache has left nothing there.
      for (const folder of partitionFolders(session.broker.place, topic)) takeLogsIntoPageCache(folder);
      report(session, "cached", await read(session, topic, rangeSizeBytes, false));
    }),
};

async function fill(session: Session, topic: string, sizeBytes: number): Promise<void> {
  await runJob(session.broker, {
    kind: "produce",
    port: session.port,
    topic,
    valueSizeBytes,
    recordsPerBatch: recordsPer16k,
    partitions: 1,
    partitionsPerRequest: 1,
    connections: 1,
    window: 10,
    warmupMs: 0,
    measureMs: fillMsMax,
    phaseSizeBytesMax: sizeBytes,
  });
}

function read(session: Session, topic: string, rangeSizeBytes: number, isOnce: boolean): Promise<Measured> {
  return runJob(session.broker, {
    kind: "consume",
    port: session.port,
    topic,
    valueSizeBytes,
    recordsPerBatch: recordsPer16k,
    fetchSizeBytes,
    warmupSizeBytes,
    rangeSizeBytes,
    isOnce,
    ...session.phases(2_000, isOnce ? 60_000 : 3_000),
  });
}

function report(session: Session, name: "cold" | "cached", measured: Measured): void {
  session.noteGenerator(name, measured);
  session.set(`${name}.perSecond`, perSecond(measured, measured.bytes) / megabyte);
  session.set(`${name}.cpuPerGigabyte`, measured.brokerCpuSeconds / (measured.bytes / gigabyte));
}
