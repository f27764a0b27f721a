import { setTimeout as sleep } from "node:timers/promises";
import { waitForGroups, commitBody } from "../load/commit-load.ts";
import { LoadClient } from "../load/client.ts";
import { apis } from "../../src/protocol/apis.ts";
import { createTopic } from "../harness/admin.ts";
import { createPlace, format, removePlace, startBroker } from "../harness/broker.ts";
import { measure } from "../harness/measure.ts";
import { runJob } from "../harness/run-job.ts";
import { spreadOf } from "../report/statistics.ts";
import { perSecond, Session, valueSizeBytes } from "../harness/session.ts";
import { type Options } from "../harness/options.ts";
import { type Target } from "../harness/target.ts";
import { type Workload } from "./workload.ts";

const members = 200;
const rebalancePartitions = 1_000;
const unmeasuredGroups = 3;
const measuredGroups = 3;
const loadedGroups = 1_000;
const offsetsPerGroup = 1_000;
const commitsAtOnce = 8;
const settleMs = 5_000;

function rebalance(protocol: "classic" | "consumer"): Workload {
  const name = protocol === "classic" ? "rebalanceClassic" : "rebalanceConsumer";
  return {
    name,
    run: (session: Session) =>
      session.withTopic(name, rebalancePartitions, async (topic) => {
        const job = {
          kind: "rebalance",
          port: session.port,
          topic,
          valueSizeBytes,
          warmupMs: 0,
          measureMs: 120_000,
          protocol,
          partitions: rebalancePartitions,
        } as const;
        // Groups that are not measured first, so that the just-in-time compilers have seen the code.
        for (let group = 0; group < unmeasuredGroups; group++) {
          await runJob(session.broker, { ...job, groupId: `${name}-before-${group}`, members });
        }
        const elapsedMs: number[] = [];
        const cpuMs: number[] = [];
        for (let group = 0; group < measuredGroups; group++) {
          const measured = await runJob(session.broker, { ...job, groupId: `${name}-${group}`, members });
          session.noteGenerator(name, measured);
          elapsedMs.push(measured.elapsedMs);
          cpuMs.push(measured.brokerCpuSeconds * 1000);
        }
        session.set(`${name}.ms`, spreadOf(elapsedMs)!.median);
        session.set(`${name}.cpuMs`, spreadOf(cpuMs)!.median);
      }),
  };
}

export const rebalances = [rebalance("classic"), rebalance("consumer")];

export const commits: Workload = {
  name: "commits",
  async run(session: Session): Promise<void> {
    const measured = await measure(session, "commits", 10, {
      kind: "commit",
      groups: 64,
      partitions: 10,
      connections: 4,
      window: 8,
      ...session.phases(4_000, 5_000),
    });
    session.set("commits.perSecond", perSecond(measured, measured.requests));
    session.set("commits.perCpuSecond", measured.requests / measured.brokerCpuSeconds);
  },
};

const transactionPartitions = 10;

export const transactions: Workload = {
  name: "transactions",
  run: (session: Session) =>
    session.withTopic("transactions", transactionPartitions, async (topic) => {
      const job = {
        kind: "transaction",
        port: session.port,
        topic,
        valueSizeBytes,
        partitions: transactionPartitions,
        recordsPerBatch: 10,
      } as const;
      const fast = await runJob(session.broker, { ...job, intervalMs: 0, ...session.phases(4_000, 5_000) });
      session.noteGenerator("transactions", fast);
      session.set("transactions.perSecond", perSecond(fast, fast.requests));
      session.set("transactions.perCpuSecond", fast.requests / fast.brokerCpuSeconds);
      const paced = await runJob(session.broker, { ...job, intervalMs: 100, ...session.phases(1_000, 4_000) });
      session.set("pacedTransactions.perSecond", perSecond(paced, paced.requests));
      session.set("pacedTransactions.records", perSecond(paced, paced.records));
    }),
};

/** Commits a million offsets, restarts the broker, and asks until all groups are there. */
export async function loadOffsets(target: Target, options: Options): Promise<Session> {
  const place = await createPlace(options.folder);
  try {
    await format(target, place);
    const first = await startBroker(target, place);
    const groups = Array.from({ length: loadedGroups }, (_, index) => `group-${index}`);
    try {
      await createTopic(first.port, "offsets", offsetsPerGroup);
      await waitForGroups(first.port, groups);
      await commitAll(first.port, groups);
      await sleep(settleMs);
    } finally {
      await first.stop();
    }
    const broker = await startBroker(target, place);
    const session = new Session(broker, options);
    try {
      await waitForGroups(broker.port, groups);
      session.set("loadOffsets.ms", performance.now() - broker.startedAt - broker.startMs);
    } finally {
      await broker.stop();
    }
    return session;
  } finally {
    removePlace(place);
  }
}

async function commitAll(port: number, groups: readonly string[]): Promise<void> {
  const left = [...groups];
  const commitSome = async (): Promise<void> => {
    const client = await LoadClient.open(port);
    for (let group = left.pop(); group !== undefined; group = left.pop()) {
      const { topics } = await client.call(apis.offsetCommit, 9, commitBody(group, "offsets", offsetsPerGroup, 42));
      const failed = topics[0]?.partitions.find(({ errorCode }) => errorCode !== 0);
      if (failed !== undefined) throw new Error(`commit: error ${failed.errorCode}`);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: commitsAtOnce }, commitSome));
}
