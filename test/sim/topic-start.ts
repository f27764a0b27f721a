import { type Log } from "../../src/log/log.ts";
import { demandSame } from "./log-moves.ts";
import { verifyLog } from "./log-verification.ts";
import { rootOf } from "./log-world.ts";
import { type SimulatedTopic } from "./simulated-cluster.ts";
import { checkCommittedOf, verifying } from "./topic-checks.ts";
import { endOfStrays } from "./topic-damage.ts";
import { type KnownLog } from "./topic-ledger.ts";
import { copyOf } from "./topic-observer.ts";
import { type TopicWorld } from "./topic-world.ts";
import { demand } from "./violation.ts";

/** After a start each log is there, in one directory, with all that it has to have; what recurs has not begun yet. */
export async function verifyStart(world: TopicWorld): Promise<void> {
  const { broker, cluster, counts, ledger } = world;
  for (const topic of cluster.topics()) {
    for (let index = 0; index < topic.partitions; index++) {
      checkNobodys(world, topic, index);
      const partition = broker?.replicas.partitionById(topic.id, index);
      const isServed = partition !== undefined && !partition.isOffline && !partition.log.isOffline;
      const log = isServed ? partition.log : undefined;
      const known = knownOf(world, topic, index, log);
      if (log === undefined || known === undefined) continue;
      await verifyLog(log, known.model, known.ending, {
        ...verifying(world),
        isRetentionInterrupted: known.isRetentionInterrupted,
      });
      const { durable } = known.start;
      const { logStartOffset: start } = log;
      demand(start >= durable, () => `${log.dir} starts at ${start}; that it starts at ${durable} was written down`);
      known.settle();
    }
  }
  if (broker === undefined) return;
  await world.time.settle();
  world.observe();
  for (const { log, topicId } of world.servedLogs()) {
    const { model } = ledger.logIn(topicId, log.partition, rootOf(log.dir));
    if (log.writtenOffset === log.logEndOffset) checkCommittedOf(world, log, topicId, model);
    const copy = copyOf(broker, log);
    if (copy === undefined) continue;
    counts.note("moves gone on with by a start");
    demandSame(world, log, copy, model.isCompacted);
    ledger.copyOf(topicId, log.partition)?.known.settle();
    world.wanted.set(`${topicId}/${log.partition}`, rootOf(copy.dir));
  }
}

/** What nobody knows whose it is was set aside, and lies there as it was. */
function checkNobodys({ ledger, failed, disk, counts }: TopicWorld, { name, id }: SimulatedTopic, index: number): void {
  for (const [root, { isNobodys, leastOffset }] of ledger.logsOf(id, index)) {
    if (!isNobodys || failed.has(root)) continue;
    const end = endOfStrays(disk, root, name, index);
    demand(end >= leastOffset, () => `${root}/${name}-${index} is nobody's; ${leastOffset} offsets were not set aside`);
    counts.note("logs set aside that are nobody's");
  }
}

/** What is known of the log that is served now, or that is not: where it moved to, or what it was copied from. */
function knownOf(world: TopicWorld, { name, id }: SimulatedTopic, index: number, log: Log | undefined) {
  const { ledger, failed, counts } = world;
  const logs = ledger.logsOf(id, index);
  const root = log && rootOf(log.dir);
  const copy = ledger.copyOf(id, index);
  for (const [other, known] of logs) {
    if (failed.has(other)) continue;
    if (known.isNobodys) logs.delete(other);
    else if (root !== undefined && copy?.root === root && copy.from === other && !logs.has(root)) {
      counts.note("moves ended by a start");
      ledger.move(id, index, other, root);
    } else if (other !== root) {
      demandNothingLost(known, `${other}/${name}-${index} of ${id}`);
      logs.delete(other);
    }
  }
  if (root === undefined) return undefined;
  if (!logs.has(root) && copy?.root === root) {
    counts.note("copies taken for what is away");
    ledger.takeCopy(id, index, copy);
  }
  return ledger.logIn(id, index, root);
}

function demandNothingLost({ leastOffset }: KnownLog, what: string): void {
  demand(leastOffset === 0, () => `${what} is gone; it had ${leastOffset} offsets`);
}
