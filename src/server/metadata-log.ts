import { assert } from "../base/assert.ts";
import { type LeaderEpoch, type Offset } from "../base/brand.ts";
import { metadataTopicId } from "../base/uuid.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { type Clock, type Ports } from "../io/ports.ts";
import { DelayedRemovals } from "../log/directory/delayed-removals.ts";
import { defaultLogConfig, type LogConfig } from "../log/log-config.ts";
import { LimitedPatience } from "../log/limited-patience.ts";
import { Log } from "../log/log.ts";
import { type WriteQueue } from "../log/write-queue.ts";
import { metadataLogDirName, metadataTopicName } from "../metadata/directory-id.ts";
import { type ReplicatedLog } from "../raft/replicated-log.ts";

/** Kafka's limit for one batch of the metadata log. */
const batchBytesMax = 8 * 1024 * 1024;

export interface MetadataLogOptions {
  readonly config: BrokerConfig;
  readonly ports: Pick<Ports, "clock" | "disk" | "random" | "timers" | "logger">;
  readonly writeQueue: WriteQueue;
  /** The node stopped in order the last time: the log needs no recovery. */
  readonly hadCleanShutdown: boolean;
  readonly onDiskError: (error: unknown) => void;
}

interface MetadataLogPorts {
  readonly clock: Clock;
  readonly patience: LimitedPatience;
  readonly removals: DelayedRemovals;
}

/** The directory of the metadata log of a node with this configuration. */
export function metadataLogDirectory(config: BrokerConfig): string {
  return `${config.metadataLogDir}/${metadataLogDirName}`;
}

/** Opens the metadata log: an ordinary partition log, which nothing but raft cuts or expires. */
export function openMetadataLog({
  config,
  ports,
  writeQueue,
  hadCleanShutdown,
  onDiskError,
}: MetadataLogOptions): MetadataLog {
  const { clock, disk, random, timers, logger } = ports;
  const log = Log.open({
    dir: metadataLogDirectory(config),
    topic: metadataTopicName,
    partition: 0,
    topicId: metadataTopicId,
    disk,
    clock,
    config: logConfigOf(config),
    logStartOffset: 0,
    recoveryPoint: 0,
    hadCleanShutdown,
    writeQueue,
    logger,
    draw: () => random.float(),
    onDiskError,
  });
  log.settleRecovery();
  const removals = new DelayedRemovals({ disk, timers, logger });
  return new MetadataLog(log, { clock, patience: new LimitedPatience(clock, timers), removals });
}

function logConfigOf(config: BrokerConfig): LogConfig {
  return {
    ...defaultLogConfig,
    segmentBytes: config.get("metadata.log.segment.bytes"),
    segmentMs: config.get("metadata.log.segment.ms"),
    maxMessageBytes: batchBytesMax,
    retentionBytes: -1,
    retentionMs: -1,
    messageTimestampAfterMaxMs: Infinity,
  };
}

/**
 * Raft's view of the log on disk. A failure ends the node, as it ends Kafka. But Kafka has the log's files open all the time,
 * and ours may have to be opened again when clients have taken all descriptors: a flush and the close wait until there are
 * some, for a while. What cannot wait (a roll, the note of a new epoch) ends the node then.
 */
export class MetadataLog implements ReplicatedLog {
  readonly #log: Log;
  readonly #ports: MetadataLogPorts;

  constructor(log: Log, ports: MetadataLogPorts) {
    this.#log = log;
    this.#ports = ports;
  }

  get startOffset(): Offset {
    return this.#log.logStartOffset;
  }

  get endOffset(): Offset {
    return this.#log.logEndOffset;
  }

  get lastEpoch(): LeaderEpoch | undefined {
    const { latestEpoch } = this.#log.leaderEpochs;
    return latestEpoch < 0 ? undefined : latestEpoch;
  }

  get sizeBytes(): number {
    return this.#log.sizeBytes;
  }

  startEpoch(epoch: LeaderEpoch): void {
    this.#log.leaderEpochs.assign(epoch, this.#log.logEndOffset);
  }

  append(batch: Buffer, epoch: LeaderEpoch): void {
    const result = this.#log.appendAsLeader(batch, epoch, "raft", this.#ports.clock.wallMs());
    if (!result.ok) throw new Error(`cannot append to the metadata log: error ${result.error} ${result.message ?? ""}`);
  }

  async flush(): Promise<void> {
    await this.#ports.patience.do(async () => {
      // What is committed is read back at once: a thread that is still writing it must not keep it from being there.
      this.#log.writePending();
      await this.#log.flush();
    });
    // A log whose disk failed before has nothing to flush, and must not pass for durable.
    if (this.#log.isOffline) throw new Error("the disk of the metadata log failed");
  }

  read(fromOffset: Offset, toOffset: Offset, sizeBytesMax: number): Buffer {
    const result = this.#log.read(fromOffset, sizeBytesMax, toOffset, true);
    if (!result.ok) throw new Error(`cannot read the metadata log at offset ${fromOffset}: error ${result.error}`);
    return result.records;
  }

  setHighWatermark(offset: Offset): void {
    this.#log.highWatermark = offset;
    assert(this.#log.highWatermark === offset, "the high watermark lies within the metadata log");
  }

  deleteBefore(offset: Offset): void {
    const { clock, removals } = this.#ports;
    this.#log.maybeIncrementLogStartOffset(offset);
    this.#log.deleteOldSegments(clock.wallMs(), (removal, delayMs) => removals.add(removal, delayMs));
  }

  truncateFullyAndStartAt(offset: Offset): void {
    this.#log.truncateFullyAndStartAt(offset);
  }

  close(): Promise<void> {
    return this.#ports.patience.do(() => this.#log.close());
  }
}
