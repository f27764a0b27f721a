import { type Uuid } from "../../src/base/brand.ts";
import { type Log } from "../../src/log/log.ts";
import { type Partition } from "../../src/replication/partition.ts";
import { type FaultCounts } from "./fault-counts.ts";
import { rootOf } from "./log-world.ts";
import { type SimulatedReplicas } from "./simulated-replicas.ts";
import { type TopicLedger } from "./topic-ledger.ts";

export interface ServedLog {
  readonly log: Log;
  readonly topicId: Uuid;
}

interface Circumstances {
  readonly failed: ReadonlySet<string>;
  /** Whether retention may have taken records of a topic. */
  readonly isRetained: (topic: string) => boolean;
  readonly nowMs: number;
}

/** Looks at the logs of a broker between the steps, and tells the ledger what they have and where they are. */
export class TopicObserver {
  readonly #ledger: TopicLedger;
  readonly #counts: FaultCounts;
  readonly #trace: (line: string) => void;
  /** Where partitions were when they were looked at last. */
  readonly #places = new WeakMap<Partition, string>();
  /** How far logs were compacted then. */
  readonly #cleaned = new WeakMap<Log, number>();

  constructor(ledger: TopicLedger, counts: FaultCounts, trace: (line: string) => void) {
    this.#ledger = ledger;
    this.#counts = counts;
    this.#trace = trace;
  }

  observe(broker: SimulatedReplicas, served: Iterable<ServedLog>, { failed, isRetained, nowMs }: Circumstances): void {
    this.observeMoves(broker);
    for (const { log, topicId } of served) {
      this.#ledger.observe(log, topicId, { nowMs, isRetained: isRetained(log.topic) });
      this.#observeCleaning(log);
      const copy = copyOf(broker, log);
      if (copy !== undefined) this.#ledger.observeCopy(copy, log, topicId);
      // One in a directory that is away comes back with it.
      else if (!failed.has(this.#ledger.copyOf(topicId, log.partition)?.root ?? "")) {
        this.#ledger.forgetCopy(topicId, log.partition);
      }
    }
  }

  /** The process is about to end. */
  observeEnd(broker: SimulatedReplicas): void {
    this.observeMoves(broker);
    this.#counts.note("moves cut short by a crash", movesOf(broker, "").length);
    this.#counts.note("compactions cut short by a crash", broker.logManager.cleaner?.running ?? 0);
  }

  /** A directory has just failed. */
  observeFailure(broker: SimulatedReplicas, root: string): void {
    this.#counts.note("moves cut short by a failed directory", movesOf(broker, root).length);
  }

  /** Where a swap has happened the copy has all that its source had. */
  observeMoves({ replicas }: SimulatedReplicas): void {
    for (const partition of replicas.partitions()) {
      const root = rootOf(partition.log.dir);
      const before = this.#places.get(partition) ?? root;
      this.#places.set(partition, root);
      if (before === root) continue;
      this.#trace(`${partition.log.name} has moved from ${before} to ${root}`);
      this.#counts.note("moves done");
      this.#ledger.move(partition.topicId, partition.index, before, root);
    }
  }

  #observeCleaning(log: Log): void {
    const { cleanedOffset = 0 } = log;
    if (cleanedOffset > (this.#cleaned.get(log) ?? Infinity)) this.#counts.note("compactions");
    this.#cleaned.set(log, cleanedOffset);
  }
}

/** The copy of a log that is on its way to another directory. */
export function copyOf({ logManager }: SimulatedReplicas, { topic, partition, topicId }: Log): Log | undefined {
  const copy = logManager.future(topic, partition);
  return copy?.topicId === topicId && copy?.isOffline === false ? copy : undefined;
}

/** The copies that lie in a directory, or are made from a log there; all when it is empty. */
function movesOf({ replicas, logManager }: SimulatedReplicas, root: string): Partition[] {
  return [...replicas.partitions()].filter(({ topic, index, log }) => {
    const copy = logManager.future(topic, index);
    return copy !== undefined && [log.dir, copy.dir].some((dir) => root === "" || rootOf(dir) === root);
  });
}
