import { Errors } from "../../src/protocol/errors.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { ControlType, controlRecord } from "../../src/protocol/records/control-records.ts";
import { DiskError } from "../../src/io/ports.ts";
import { type Log } from "../../src/log/log.ts";
import { endFailedMove, stepMove } from "./log-moves.ts";
import { type MarkerFacts, modelBatch, type ModelProducer, type PartitionModel } from "./log-model.ts";
import { knownProducer, nextSequence } from "./log-producers.ts";
import { type LogWorld, type SimulatedPartition } from "./log-world.ts";
import { demand, demandEqual } from "./violation.ts";

interface Drawn {
  readonly records: Buffer;
  readonly marker?: MarkerFacts;
}

/** One step of what happens to a partition's log; the model takes part in it. */
export async function step(world: LogWorld): Promise<void> {
  const { draw } = world;
  const partition = world.partitions[draw(world.partitions.length)]!;
  const { log } = partition;
  if (log === undefined) return;
  const kind = draw(112);
  if (kind >= 108) await world.time.settle();
  else if (kind >= 100) await stepMove(world, partition, log);
  else if (kind < 55) append(world, partition, log);
  else if (kind < 62) repeat(world, partition, log);
  else if (kind < 66) world.queue.flush();
  else if (kind < 75) world.queue.endTurn();
  else if (kind < 80) commit(world, partition, log);
  else if (kind < 84) await flush(world, partition, log);
  else if (kind < 86) void log.flush().catch(DiskError.from);
  else if (kind < 88) log.roll();
  else if (kind < 94) await passTime(world);
  else if (kind < 95) deleteRecords(world, partition, log);
  else if (kind < 97) await truncate(world, partition, log);
  else changeRole(world, partition, log);
  world.demandSound();
  for (const each of world.partitions) observe(world, each);
}

function commit({ draw }: LogWorld, { config }: SimulatedPartition, log: Log): void {
  if (!config.isCompacted) {
    log.highWatermark = log.writtenOffset - draw(3);
    return;
  }
  log.highWatermark = log.writtenOffset;
}

function deleteRecords({ draw }: LogWorld, { config }: SimulatedPartition, log: Log): void {
  // As in Kafka, not from a log that is compacted only.
  if (config.isDeleted) log.maybeIncrementLogStartOffset(log.logStartOffset + draw(20));
}

async function passTime(world: LogWorld): Promise<void> {
  await world.time.advance([0, 1_000, 30_000, 70_000][world.draw(4)]!);
  if (world.isDirectoryOffline || !world.disk.isOn) world.isRetentionInterrupted = true;
}

function observe({ disk }: LogWorld, partition: SimulatedPartition): void {
  const { log, model } = partition;
  if (log === undefined) return;
  endFailedMove(partition);
  model.observeStart(log.logStartOffset);
  if (log.isOffline || !disk.isOn) return;
  model.observe(log);
  if (log.config.isCompacted) model.committedOffset = Math.max(model.committedOffset, log.highWatermark);
  demandEqual(log.logEndOffset, model.endOffset, `${log.name}: end of the log`);
  demand(log.recoveryPoint <= log.logEndOffset, () => `${log.name}: the recovery point lies behind the log's end`);
  demand(log.writtenOffset <= log.logEndOffset, () => `${log.name}: more is written than there is`);
}

function changeRole({ draw }: LogWorld, partition: SimulatedPartition, log: Log): void {
  partition.epoch += 1 + draw(2);
  partition.isLeader = draw(3) > 0;
  if (partition.isLeader) log.beginEpoch(partition.epoch);
}

async function flush(world: LogWorld, partition: SimulatedPartition, log: Log): Promise<void> {
  const target = log.logEndOffset;
  const wasUsable = !log.isOffline;
  const isDone = await log.flush().then(
    () => true,
    (error: unknown) => {
      DiskError.from(error);
      return false;
    },
  );
  if (isDone && wasUsable && !log.isOffline && world.disk.isOn) {
    partition.model.flushedOffset = Math.max(partition.model.flushedOffset, target);
    world.trace(`flushed ${log.name} to ${target}`);
  }
}

async function truncate({ draw, disk }: LogWorld, partition: SimulatedPartition, log: Log): Promise<void> {
  const { model } = partition;
  await log.settle();
  if (log.isOffline || !disk.isOn || log.logEndOffset === log.logStartOffset) return;
  // Only a leader's log is copied to another directory, and nobody truncates that.
  if (partition.moving !== undefined) return;
  const offset = Math.max(log.logStartOffset, model.committedOffset, log.logEndOffset - draw(30));
  const isWritten = log.writtenOffset === log.logEndOffset;
  log.truncateTo(offset);
  partition.isLeader = false;
  // No leader writes an offset of its epoch twice: what comes in the place of this is of another one (`follow`).
  partition.epoch += 2;
  if (log.isOffline || !disk.isOn) {
    model.isTorn = true;
    // What waited to be written may be.
    if (!isWritten) model.writtenOffset = Math.min(model.writtenOffset, offset);
  }
  const active = log.segmentSizes().at(-1)!;
  const isHole = log.config.isCompacted && active.sizeBytes === 0 && active.baseOffset <= offset;
  model.truncateTo(offset, isHole ? active.baseOffset : 0, active.baseOffset);
}

function append(world: LogWorld, partition: SimulatedPartition, log: Log): void {
  if (!partition.isLeader) return follow(world, partition, log);
  const { records, marker } = drawnBatch(world, partition, log);
  const origin = marker === undefined ? "client" : "coordinator";
  const result = log.appendAsLeader(records, partition.epoch, origin, world.time.wallMs());
  if (!isTaken(world, log, result.ok ? null : result)) return;
  partition.model.append(modelBatch(Buffer.from(records), marker, world.time.wallMs()));
}

/** Batches that the leader has appended, as a fetch brings them. */
function follow(world: LogWorld, partition: SimulatedPartition, log: Log): void {
  const { model } = partition;
  const count = 1 + world.draw(3);
  const pieces: Buffer[] = [];
  const before = [...model.batches];
  for (let index = 0; index < count; index++) {
    const { records, marker } = drawnBatch(world, partition, log);
    const view = new BatchView(records, 0);
    view.setBaseOffset(model.endOffset);
    view.setPartitionLeaderEpoch(partition.epoch - (world.draw(4) === 0 ? 0 : 1));
    const previous = model.batches.at(-1)?.epoch ?? 0;
    if (view.partitionLeaderEpoch < previous) view.setPartitionLeaderEpoch(previous);
    pieces.push(records);
    model.append(modelBatch(Buffer.from(records), marker, world.time.wallMs()));
  }
  const failure = log.appendAsFollower(Buffer.concat(pieces));
  if (isTaken(world, log, failure)) return;
  // It took those before the one that failed.
  const taken = model.batches.slice(before.length).filter(({ lastOffset }) => lastOffset < log.logEndOffset);
  model.batches = [...before, ...taken];
}

/** An idempotent producer did not hear the answer and sends its last batch again. */
function repeat(world: LogWorld, partition: SimulatedPartition, log: Log): void {
  const { model, isLeader } = partition;
  const last = model.batches.findLast(({ producerId }) => producerId >= 0);
  if (last === undefined || last.coordinatorEpoch >= 0 || !isLeader) return;
  const entry = log.producerState.get(last.producerId);
  const isLost = model.hasLostRecoveryPoint && log.config.isCompacted && entry?.lastDataOffset !== last.lastOffset;
  if (entry === undefined || isLost) return;
  const records = Buffer.from(last.bytes);
  new BatchView(records, 0).setBaseOffset(0);
  const result = log.appendAsLeader(records, partition.epoch, "client", world.time.wallMs());
  if (!isTaken(world, log, result.ok ? null : result) || !result.ok) return;
  demand(result.duplicate, () => `${log.name}: a batch of producer ${last.producerId} is taken twice`);
  demandEqual([result.baseOffset, result.lastOffset], [last.baseOffset, last.lastOffset], `${log.name}: duplicate`);
}

/** Whether it was appended; when not, a disk must be the reason. */
function isTaken({ disk, isDirectoryOffline }: LogWorld, log: Log, failure: { error: number } | null): boolean {
  if (failure === null) return true;
  demandEqual(failure.error, Errors.KAFKA_STORAGE_ERROR, `${log.name}: answer to an append`);
  demand(isDirectoryOffline || log.isOffline || !disk.isOn, () => `${log.name}: refused without a reason`);
  return false;
}

const transactional = 10;

function drawnBatch(world: LogWorld, { config, model }: SimulatedPartition, log: Log): Drawn {
  const { draw, random, time } = world;
  const timestamp = time.wallMs() - draw(3_000);
  const records = Array.from({ length: 1 + draw(4) }, () => ({
    key: config.isCompacted ? Buffer.from(`key ${draw(8)}`) : null,
    value: config.isCompacted && draw(5) === 0 ? null : random.bytes(draw(90)),
    timestamp,
  }));
  const producerId = [-1, 1, 2, transactional, transactional + 1][draw(5)]!;
  if (producerId < 0) return { records: buildBatch({ records }) };
  const known = knownProducer(model, log, producerId);
  const isOpen = known !== undefined && known.transactionFirstOffset >= 0;
  if (isOpen && draw(2) === 0) return drawnMarker(world, model, producerId, known);
  const isNewEpoch = known !== undefined && !isOpen && draw(12) === 0;
  const sequence = nextSequence(known, log, producerId, isNewEpoch);
  return { records: buildBatch({ records, producerId, ...sequence, isTransactional: producerId >= transactional }) };
}

function drawnMarker(world: LogWorld, model: PartitionModel, producerId: number, producer: ModelProducer): Drawn {
  const { epoch: producerEpoch, coordinatorEpoch, transactionFirstOffset } = producer;
  const transaction = `${producerId} from ${transactionFirstOffset}`;
  // A marker that is lost comes again; what its coordinator has decided stays.
  const isAbort = model.decisions.get(transaction) ?? world.draw(2) === 0;
  model.decisions.set(transaction, isAbort);
  const marker = { isAbort, coordinatorEpoch: Math.max(0, coordinatorEpoch) + (world.draw(5) === 0 ? 1 : 0) };
  const type = isAbort ? ControlType.ABORT : ControlType.COMMIT;
  const record = controlRecord({ type, coordinatorEpoch: marker.coordinatorEpoch });
  const records = [{ ...record, timestamp: world.time.wallMs() }];
  return {
    records: buildBatch({ producerId, producerEpoch, isTransactional: true, isControl: true, records }),
    marker,
  };
}
