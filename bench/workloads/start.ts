import { setTimeout as sleep } from "node:timers/promises";
import { megabyte, type Session } from "../harness/session.ts";
import { type Workload } from "./workload.ts";

const idleMs = 3_000;

/** How long the broker took to start, and what it takes when it has nothing to do. */
export const start: Workload = {
  name: "start",
  isBeforeWarmUp: true,
  async run(session: Session): Promise<void> {
    const { startMs } = session.broker;
    session.set("start.emptyMs", startMs);
    session.set("start.withFormatMs", (session.formatMs ?? 0) + startMs);
    await sleep(idleMs);
    session.set("memory.idle", session.broker.residentBytes() / megabyte);
  },
};
