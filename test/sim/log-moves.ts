import { type Offset, type Uuid } from "../../src/base/brand.ts";
import { type Log } from "../../src/log/log.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { Partition } from "../../src/replication/partition.ts";
import { ReplicaMove } from "../../src/replication/replica-move.ts";
import { readWhole } from "./log-checks.ts";
import { splitBatches } from "./log-model.ts";
import { directoryIds, type LogWorld, logRoots, rootOf, type SimulatedPartition } from "./log-world.ts";
import { type Draw } from "./memory-file.ts";
import { brokerId, registration } from "../unit/replication/replicas.ts";
import { demand } from "./violation.ts";

/** The move of a partition's log to the other directory, in the steps in which a broker takes them. */
export interface SimulatedMove {
  readonly partition: Partition;
  readonly move: ReplicaMove;
}

/** Begins a move, goes on with the one that is under way, or gives it up. */
export async function stepMove(world: LogWorld, partition: SimulatedPartition, log: Log): Promise<void> {
  const { draw, manager } = world;
  if (manager === undefined || log.isOffline || !world.disk.isOn) return;
  const { moving } = partition;
  if (moving === undefined) {
    const target = logRoots.find((root) => root !== rootOf(log.dir));
    if (target === undefined || draw(2) > 0) return;
    const future = manager.createFuture(log, target);
    world.trace(`move ${log.name} to ${target}: ${future?.dir}`);
    if (future !== undefined) begin(world, partition, log, future);
  } else if (draw(20) === 0) {
    world.trace(`cancel the move of ${log.name}`);
    partition.moving = undefined;
    moving.move.cancel();
    manager.delete(moving.move.future);
  } else {
    for (let steps = 1 + draw(8); steps > 0 && partition.moving === moving; steps--) {
      goOn(world, partition, moving);
      if (draw(2) === 0) await world.time.settle();
      endFailedMove(partition);
    }
  }
}

function goOn(world: LogWorld, partition: SimulatedPartition, moving: SimulatedMove): void {
  const { move } = moving;
  const { name, config } = move.future;
  const progress = move.step(1 + world.draw(6_000), () => undefined);
  world.trace(`move of ${name}: ${progress}`);
  if (progress === "done") {
    partition.log = moving.partition.log;
    partition.model.isCopy = true;
  }
  if (progress === "failed") move.cancel();
  if (progress === "done" || progress === "failed") partition.moving = undefined;
  // At a hole in a compacted log it waits for what comes next.
  demand(progress !== "stuck" || config.isCompacted, () => `${name}: the move is stuck with error ${move.lastError}`);
}

/** A directory failed: what moves from or to it stays where it is. */
export function endFailedMove(partition: SimulatedPartition): void {
  const { moving, log } = partition;
  if (moving === undefined || log === undefined || !(log.isOffline || moving.move.future.isOffline)) return;
  partition.moving = undefined;
  moving.move.cancel();
}

/** After a start: goes on with the move that its end interrupted, if there was one. */
export function resumeMove(world: LogWorld, partition: SimulatedPartition): void {
  const { manager, draw } = world;
  const { log, topic } = partition;
  const future = manager?.future(topic, 0);
  if (manager === undefined || log === undefined || future === undefined) return;
  if (draw(4) === 0) return manager.delete(future);
  manager.resumeFuture(log, future);
  if (log.isOffline || future.isOffline) return;
  begin(world, partition, log, future);
  if (log.isOffline || future.isOffline || !world.disk.isOn) return;
  world.trace(`resume the move of ${log.name}: [${future.logStartOffset}, ${future.logEndOffset})`);
  demandSame(world, log, future);
}

/** What the copy has of the offsets that both have is the same. */
export function demandSame(
  { draw }: { readonly draw: Draw },
  log: Log,
  future: Log,
  isCompacted = log.config.isCompacted,
): void {
  const from = Math.max(log.logStartOffset, future.logStartOffset);
  const inSource = batchesBetween(draw, log, from, future.writtenOffset, isCompacted);
  const inCopy = batchesBetween(draw, future, from, log.writtenOffset, isCompacted);
  // What a loss of power took of the source at the end of a segment nobody can tell there from what was compacted away.
  const bases = log.segmentSizes().map(({ baseOffset }) => baseOffset);
  const isInHole = (bytes: Buffer): boolean => {
    const { lastOffset } = new BatchView(bytes, 0);
    const next = bases.find((baseOffset) => baseOffset > lastOffset) ?? -1;
    const isBehind = ({ lastOffset: other }: BatchView): boolean => other >= lastOffset && other < next;
    return next >= 0 && !inSource.some((each) => isBehind(new BatchView(each, 0)));
  };
  const known = isCompacted ? inCopy.filter((bytes) => !isInHole(bytes)) : inCopy;
  const different = known.findIndex((batch, index) => inSource[index]?.equals(batch) !== true);
  demand(different < 0 && known.length === inSource.length, () => {
    const [copied, source] = [known, inSource].map((found) => found.map((bytes) => new BatchView(bytes, 0).lastOffset));
    return `${log.name}: the copy in ${future.dir} has other batches: up to ${String(copied)}, not ${String(source)}`;
  });
}

function batchesBetween(draw: Draw, log: Log, from: Offset, to: Offset, isCompacted: boolean): Buffer[] {
  return splitBatches(readWhole(log, draw, isCompacted)).filter((bytes) => {
    const { baseOffset, lastOffset } = new BatchView(bytes, 0);
    // That at the start may be there in part for one and as a whole for the other.
    return baseOffset >= from && lastOffset < to;
  });
}

function begin(world: LogWorld, partition: SimulatedPartition, log: Log, future: Log): void {
  const replica = new Partition(brokerId, partition.topic, partition.topicId, 0, log, registration());
  const assign = (_: Partition, directoryId: Uuid, onAccepted: () => void): void => {
    const accept = (): void => {
      world.trace(`${log.name} is assigned to ${directoryId}`);
      partition.assignedDirectory = directoryId;
      onAccepted();
    };
    if (world.draw(2) === 0) accept();
    else world.time.endOfTurn(accept);
  };
  const move = new ReplicaMove(replica, future, {
    assign,
    directoryIdOf: (each) => directoryIds.get(rootOf(each.dir)),
    resume: ({ log: current }, copy) => world.manager?.resumeFuture(current, copy),
    promote: (_, copy) => {
      if (world.manager?.promoteFuture(partition.topic, 0) !== true) return false;
      replica.replaceLog(copy);
      return true;
    },
    wake: () => undefined,
  });
  partition.moving = { partition: replica, move };
}
