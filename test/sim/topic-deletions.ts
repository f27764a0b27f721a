import { type Offset } from "../../src/base/brand.ts";
import { type Log } from "../../src/log/log.ts";
import { errorName, Errors } from "../../src/protocol/errors.ts";
import { rootOf } from "./log-world.ts";
import { type SimulatedTopic } from "./simulated-cluster.ts";
import { type TopicWorld } from "./topic-world.ts";
import { demand } from "./violation.ts";

/** Where logs start is written down once a minute, for the first time half a minute after the start. */
const writtenDownMs = 130_000;

interface SeenStart {
  readonly offset: Offset;
  readonly atMs: number;
}

/** Where a log starts, and why. */
export class KnownStart {
  /** Clients were told that what lies before it is deleted, in the present life. */
  told: Offset = 0;
  /** Clients have asked for it. */
  asked: Offset = 0;
  /** What no end of a process takes back. */
  durable: Offset = 0;
  #seen: SeenStart[] = [];
  #firstSegment: Offset = 0;

  observe(log: Log, former: Offset, nowMs: number, isRetained: boolean): void {
    const { logStartOffset: offset, dir } = log;
    demand(offset >= this.told, () => `${dir} starts at ${offset}; that it starts at ${this.told} was acknowledged`);
    const isFirst = this.#seen.length === 0;
    const isAllowed = isFirst || isRetained || offset <= Math.max(former, this.asked);
    demand(isAllowed, () => `${dir} starts at ${offset}; nobody deleted more than what is before ${this.asked}`);
    this.#firstSegment = log.segmentSizes()[0]!.baseOffset;
    if (offset > (this.#seen.at(-1)?.offset ?? -1)) this.#seen.push({ offset, atMs: nowMs });
  }

  /** The log is in another directory, whose checkpoint knows nothing of it yet. */
  move(): void {
    this.durable = 0;
    this.#seen = [];
  }

  /** The log was closed in good order. */
  close(offset: Offset): void {
    this.durable = Math.max(this.durable, offset);
  }

  endLife(ending: "kill" | "power", isSound: boolean, nowMs: number): void {
    for (const { offset, atMs } of this.#seen) {
      if (isSound && atMs <= nowMs - writtenDownMs) this.durable = Math.max(this.durable, offset);
    }
    this.#seen = [];
    this.told = this.asked = 0;
    // As in Kafka, a start that the segments tell is not written down, and files that were removed may come back.
    if (ending === "power" && this.#firstSegment >= this.durable) this.durable = 0;
  }
}

/** A client deletes the records before an offset. */
export async function deleteRecords(world: TopicWorld, topic: SimulatedTopic): Promise<void> {
  const { draw, broker, ledger, disk, counts } = world;
  if (broker === undefined) return;
  const index = draw(2) === 0 ? 0 : draw(topic.partitions);
  world.observeMoves();
  const partition = broker.lookup.leaderByName(topic.name, index);
  const log = typeof partition === "number" ? undefined : partition.log;
  const high = log?.highWatermark ?? 0;
  const offset = draw(5) === 0 ? -1 : (log?.logStartOffset ?? 0) + draw(14);
  const isOutOfRange = offset > high;
  const isRefused = log !== undefined && log.config.isCompacted && !log.config.isDeleted;
  const known = typeof partition === "number" ? undefined : ledger.logIn(partition.topicId, index, rootOf(log!.dir));
  const target = offset < 0 ? high : offset;
  if (known !== undefined && !isRefused && !isOutOfRange) known.start.asked = Math.max(known.start.asked, target);
  const what = `delete before ${offset} in ${topic.name}-${index}`;
  world.trace(what);
  const { errorCode, lowWatermark } = await broker.deleteRecords(topic.name, index, offset);
  if (!disk.isOn || broker !== world.broker) return;
  world.trace(`${what}: ${errorName(errorCode)} ${lowWatermark}`);
  if (errorCode === Errors.NONE) {
    counts.note("deletions by clients");
    demand(known !== undefined && !isRefused && !isOutOfRange, () => `${what} was done, and must not be`);
    demand(lowWatermark >= target, () => `${what}: the log starts at ${lowWatermark}`);
    known.start.told = Math.max(known.start.told, lowWatermark);
    return;
  }
  const isOfPolicy = errorCode === Errors.POLICY_VIOLATION && isRefused;
  const isOfRange = errorCode === Errors.OFFSET_OUT_OF_RANGE && isOutOfRange;
  const isAway = errorCode === partition || possible.has(errorCode);
  demand(isOfPolicy || isOfRange || isAway, () => `${what}: ${errorName(errorCode)} without a reason`);
}

/** What comes between while an answer waits. */
const possible: ReadonlySet<number> = new Set([
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.KAFKA_STORAGE_ERROR,
  Errors.UNKNOWN_TOPIC_OR_PARTITION,
  Errors.REQUEST_TIMED_OUT,
]);
