import { setTimeout as sleep } from "node:timers/promises";
import { megabyte, type Session } from "../harness/session.ts";
import { type Workload } from "./workload.ts";

const idleMs = 1_000;

/** What stays in memory when the loads are over. */
export const memory: Workload = {
  name: "memory",
  async run(session: Session): Promise<void> {
    await sleep(idleMs);
    session.set("memory.loaded", session.broker.residentBytes() / megabyte);
  },
};
