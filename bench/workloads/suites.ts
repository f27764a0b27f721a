import { createPlace, format, outputOf, removePlace, startBroker } from "../harness/broker.ts";
import { type Catalogue, type Options } from "../harness/options.ts";
import { Session } from "../harness/session.ts";
import { type Target } from "../harness/target.ts";
import { ceiling } from "./ceiling.ts";
import { commits, loadOffsets, rebalances, transactions } from "./coordinators.ts";
import { consume } from "./consume.ts";
import { connectionGrowth, partitionGrowth } from "./growth.ts";
import { idleConnections } from "./idle-connections.ts";
import { javaTools } from "./java-tools.ts";
import { latencies } from "./latency.ts";
import { librdkafka } from "./librdkafka.ts";
import { memory } from "./memory.ts";
import { produce16k, produce1m, produce6p, singles, sixteen } from "./produce.ts";
import { fillPlace, restart, type FullPlace } from "./restart.ts";
import { start } from "./start.ts";
import { fanout, tail } from "./tail.ts";
import { warmUp } from "./warm-up.ts";
import { wordCount } from "./word-count.ts";
import { type Workload } from "./workload.ts";

/** What is measured on one broker before it is the other's turn. */
export interface Suite {
  readonly name: string;
  readonly workloads: readonly string[];
  /** Suites that take long have fewer rounds than asked for, unless there is time. */
  readonly roundsMax: number;
  /** Whether it measures how much a broker can write, which should not depend on what the machine's free memory is like. */
  readonly hasBallast?: boolean;
  /** Before the first and behind the last round. */
  prepare?(target: Target, options: Options): Promise<void>;
  cleanUp?(): void;
  /** One turn of one broker; what fails is told and left out. */
  turn(target: Target, options: Options, onFailure: (text: string) => void): Promise<Session>;
}

/** Workloads one after the other on a broker that was just started on an empty directory. */
function onFreshBroker(name: string, roundsMax: number, workloads: readonly Workload[]): Suite {
  return {
    name,
    roundsMax,
    workloads: workloads.map((workload) => workload.name),
    async turn(target, options, onFailure) {
      const place = await createPlace(options.folder);
      const formatMs = await format(target, place);
      const broker = await startBroker(target, place);
      const session = new Session(broker, options, formatMs);
      try {
        for (const workload of chosen(workloads, options)) {
          if (broker.hasEnded()) throw new Error(`${target.label} has ended`);
          process.stderr.write(`  ${workload.name}\n`);
          const begun = performance.now();
          await workload.run(session).catch((error: unknown) => onFailure(`${workload.name}: ${messageOf(error)}`));
          process.stderr.write(`    after ${Math.round((performance.now() - begun) / 1000)} s\n`);
        }
      } catch (error) {
        onFailure(messageOf(error));
      } finally {
        // Only Odradek's last line is worth waiting for.
        await (name === "main" ? broker.stop() : broker.kill());
        if (name === "main") noteLoopDelay(session, outputOf(place));
        removePlace(place);
      }
      return session;
    },
  };
}

/** Odradek's last line has how late its event loop was; Kafka has none. */
function noteLoopDelay(session: Session, output: string): void {
  const text = /"loopDelayMs":(\{[^}]*\})/.exec(output)?.[1];
  if (text === undefined) return;
  const { p99, max } = JSON.parse(text) as { p99: number; max: number };
  session.set("loop.p99", p99);
  session.set("loop.max", max);
}

/** What was asked for, with the warm-up where work begins. */
function chosen(workloads: readonly Workload[], options: Options): Workload[] {
  const wanted = workloads.filter((workload) => options.only?.has(workload.name) ?? true);
  const workAt = wanted.findIndex((workload) => workload.isBeforeWarmUp !== true);
  return workAt === -1 ? wanted : wanted.toSpliced(workAt, 0, warmUp);
}

function restarts(): Suite {
  let full: FullPlace | undefined;
  return {
    name: "restart",
    roundsMax: 2,
    workloads: ["restart"],
    async prepare(target, options) {
      full = await fillPlace(target, options);
    },
    cleanUp() {
      if (full !== undefined) removePlace(full.place);
    },
    turn: (target, options) => restart(target, full!, options),
  };
}

export const suites: readonly Suite[] = [
  // The small loads come first: the large ones leave the disk busy for a while.
  onFreshBroker("main", Infinity, [
    start,
    idleConnections,
    singles,
    ...latencies,
    sixteen,
    tail,
    fanout,
    consume,
    memory,
  ]),
  { ...onFreshBroker("batches", Infinity, [produce16k, ceiling, produce6p, produce1m]), hasBallast: true },
  restarts(),
  onFreshBroker("coordinators", Infinity, [...rebalances, commits, transactions]),
  onFreshBroker("streams", 3, [wordCount]),
  { name: "load-offsets", workloads: ["load-offsets"], roundsMax: 3, turn: loadOffsets },
  onFreshBroker("growth", 1, [connectionGrowth, partitionGrowth]),
  onFreshBroker("clients", 2, [javaTools, librdkafka]),
];

/** What can be asked for by name. */
export const catalogue: Catalogue = {
  ...Object.fromEntries(suites.flatMap((suite) => suite.workloads).map((name) => [name, [name]])),
  produce: [produce16k, produce1m, produce6p, singles, sixteen].map((workload) => workload.name),
  latency: latencies.map((workload) => workload.name),
  ...Object.fromEntries(suites.map((suite) => [suite.name, suite.workloads])),
};

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
