import { type Offset, type Uuid } from "../base/brand.ts";
import { type Clock, type Disk, type DiskError, type Logger } from "../io/ports.ts";
import { DiskUser } from "./disk-user.ts";
import { LeaderEpochCache } from "./leader-epoch-cache.ts";
import { loadLog } from "./recovery/load-log.ts";
import { type LogConfig, rollMs } from "./log-config.ts";
import { type Hole, type RecoveredLog } from "./recovery/recovered-log.ts";
import { removeAside } from "./removal.ts";
import { type OpenFiles } from "./segment/open-files.ts";
import { PartitionDirectory } from "./partition-directory.ts";
import { PartitionMetadata } from "./partition-metadata.ts";
import { ProducerSnapshots } from "./producers/producer-snapshots.ts";
import { type ProducerSettings, ProducerState } from "./producers/producer-state.ts";
import { Segment, type SegmentPlace } from "./segment/segment.ts";
import { type Segments } from "./segment/segments.ts";
import { Tail } from "./tail-cache.ts";
import { WriteBehind } from "./write-behind.ts";
import { type WriteQueue } from "./write-queue.ts";

export interface LogStorageOptions {
  /** The partition's directory, created when missing. */
  readonly dir: string;
  readonly topic: string;
  readonly partition: number;
  /** Written to `partition.metadata` when that has none. */
  readonly topicId?: Uuid;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly config: LogConfig;
  /** False when `config` stands for the topic's, which is not known yet. */
  readonly isConfigKnown?: boolean;
  readonly logStartOffset: Offset;
  readonly recoveryPoint: Offset;
  /** Where the log was compacted up to, as far as that is known. */
  readonly cleanedOffset?: Offset | undefined;
  readonly hadCleanShutdown: boolean;
  /** None: transactional batches are appended without verification. */
  readonly producerSettings?: ProducerSettings;
  /** A thread has recovered the log already, and found this. */
  readonly recovered?: RecoveredLog | undefined;
  /** The directory was just made, with `newLogFiles` in it: there is nothing to look for. */
  readonly isMade?: boolean;
  readonly logger: Logger;
  /** A random number in [0, 1), for the jitter of rolls. */
  readonly draw: () => number;
  /** A write or fsync failed: the directory can no longer be trusted. */
  readonly onDiskError: (error: DiskError) => void;
}

/** A compaction that is under way. */
export interface Cleaning {
  /** From here on it changes nothing in the log; before the call returns, what it had half done is undone. */
  abort(): void;
}

/**
 * What a log consists of: its segments and small files, the bytes that the segments' files lack, and where it starts and
 * ends. Appending, flushing, retention and truncation work on it, each in a file of its own.
 */
export class LogStorage extends DiskUser {
  /** As messages name the partition: "topic-0". */
  readonly name: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly segments: Segments;
  readonly tail: Tail;
  readonly writeBehind: WriteBehind;
  readonly leaderEpochs: LeaderEpochCache;
  readonly producerState: ProducerState;
  readonly producerSnapshots: ProducerSnapshots;
  readonly partitionMetadata: PartitionMetadata;
  config: LogConfig;
  readonly directory: PartitionDirectory;
  startOffset: Offset;
  endOffset: Offset = 0;
  /** The operating system has what lies before it, and it is durable where acknowledgements wait for that. */
  writtenOffset: Offset;
  /** What recovery missed between segments, until it is decided what to make of it. */
  holes: readonly Hole[];
  isClosed = false;
  /** The log was compacted up to here; undefined when that never was, or nothing is known of it. */
  cleanedOffset: Offset | undefined;
  /** While the log is being compacted: nobody else takes segments away, and what cuts or ends the log aborts it first. */
  cleaning: Cleaning | null = null;
  readonly #openFiles: OpenFiles;
  #removing: Promise<void> = Promise.resolve();
  #isConfigKnown: boolean;
  readonly #draw: () => number;
  readonly #onDiskError: (error: DiskError) => void;

  /** Opens what is in the directory, after a crash with recovery. */
  constructor(options: LogStorageOptions, { tailCache, openFiles }: WriteQueue) {
    super();
    const { disk, clock, logger, dir } = options;
    this.name = `${options.topic}-${options.partition}`;
    this.disk = disk;
    this.clock = clock;
    this.logger = logger;
    this.config = options.config;
    this.#isConfigKnown = options.isConfigKnown ?? true;
    this.directory = new PartitionDirectory(disk, dir);
    // Nobody knows which of the names that a killed process left are durable.
    if (!options.hadCleanShutdown) this.directory.owe();
    this.#openFiles = openFiles;
    this.#draw = options.draw;
    this.#onDiskError = options.onDiskError;
    const { isMade = false } = options;
    if (!isMade) disk.mkdir(dir);
    this.partitionMetadata = new PartitionMetadata(disk, dir, {
      written: isMade ? options.topicId : undefined,
      // The last stop in good order made it so. What a log that is made finds is of no stop.
      isDurable: options.hadCleanShutdown && options.topicId === undefined,
    });
    if (options.topicId !== undefined) this.partitionMetadata.assign(options.topicId);
    this.leaderEpochs = new LeaderEpochCache(disk, dir, () => this.endOffset);
    this.producerState = new ProducerState(this.name, options.producerSettings);
    const { name, leaderEpochs, producerState } = this;
    this.producerSnapshots = new ProducerSnapshots({ disk, logger, directory: dir, name, producerState });
    const { producerSnapshots } = this;
    const { logStartOffset, recoveryPoint, hadCleanShutdown, recovered } = options;
    const files = { disk, clock, logger, directory: dir, name, leaderEpochs, producerState, producerSnapshots };
    const known = { logStartOffset, recoveryPoint, hadCleanShutdown, recovered, isMade };
    const loaded = loadLog({ ...files, ...known, placeOf: () => this.#place() });
    this.segments = loaded.segments;
    this.startOffset = loaded.logStartOffset;
    this.endOffset = loaded.logEndOffset;
    this.writtenOffset = loaded.logEndOffset;
    this.cleanedOffset = options.cleanedOffset;
    this.holes = loaded.holes;
    this.tail = new Tail(tailCache);
    this.writeBehind = new WriteBehind(this, this.segments, this.tail);
  }

  get isUsable(): boolean {
    return !this.isOffline && !this.isClosed;
  }

  /** The topic's configuration: what was loaded before it was known is made to fit. */
  configure(config: LogConfig): void {
    if (this.config.isCompacted && !config.isCompacted) this.cleaning?.abort();
    this.config = config;
    if (this.#isConfigKnown) return;
    this.#isConfigKnown = true;
    for (const segment of this.segments.all()) segment.configure(this.#place());
  }

  /**
   * Removes the files of segments that were cut off, one behind the other and off the event loop, which the system would
   * hold up for a third of a second for 1 GB. What a crash leaves of them a start removes.
   */
  removeCut(segments: readonly Segment[]): void {
    for (const segment of segments) segment.close();
    if (segments.length > 0) this.#removing = this.#removing.then(() => this.#remove(segments));
  }

  async #remove(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) {
      try {
        await removeAside(this.disk, (remove) => segment.removeBy(remove, this.directory.path));
      } catch (error) {
        this.logger.warn({ error, log: this.name }, "A file that was cut off could not be deleted");
      }
    }
  }

  addSegment(baseOffset: Offset): void {
    this.segments.add(this.createSegment(baseOffset));
  }

  /** A new segment that is none of the log's yet; with a suffix its files are not in its place either. */
  createSegment(baseOffset: Offset, suffix = ""): Segment {
    return Segment.create(this.#place(), baseOffset, this.clock.wallMs(), suffix);
  }

  /** The segment that the cleaner has written for the place at `baseOffset`. */
  loadCleaned(baseOffset: Offset): Segment {
    return Segment.loadCleaned(this.#place(), baseOffset, this.clock.wallMs());
  }

  /** Whether the producers as they are at the log's end are written down: else a start reads the batches behind a snapshot. */
  get isSnapshotCurrent(): boolean {
    return this.producerSnapshots.newestOffset === this.endOffset || this.endOffset === this.segments.active.baseOffset;
  }

  /** The names of those that were not durable are owed then. */
  syncSmallFiles(): void {
    if (this.leaderEpochs.sync()) this.directory.owe();
    if (this.partitionMetadata.sync()) this.directory.owe();
  }

  /** As `syncSmallFiles`, without holding the event loop up. */
  async syncSmallFilesAsync(): Promise<void> {
    if (this.isUsable && (await this.leaderEpochs.syncAsync())) this.directory.owe();
    if (this.isUsable && (await this.partitionMetadata.syncAsync())) this.directory.owe();
  }

  /** Makes new names durable some time soon; before the files that have them go. */
  syncDirectoryInBackground(): void {
    this.directory.owe();
    this.directory.syncFileNamesAsync().catch((error: unknown) => {
      // The directory may be gone.
      if (this.isUsable) this.refuse(error);
    });
  }

  closeFiles(): void {
    for (const segment of this.segments.all()) segment.close();
  }

  /** Renames the directory; whoever still reads the files finds them there. */
  moveTo(directory: string): void {
    this.directory.rename(directory);
    this.#followTo(directory);
  }

  /** As `moveTo`, off the event loop. */
  async moveToAsync(directory: string): Promise<void> {
    await this.directory.renameAsync(directory);
    this.#followTo(directory);
  }

  #followTo(directory: string): void {
    this.leaderEpochs.moveTo(directory);
    this.partitionMetadata.moveTo(directory);
    this.producerSnapshots.moveTo(directory);
    for (const segment of this.segments.all()) segment.names.moveTo(directory);
  }

  protected override onFailed(error: DiskError): void {
    this.logger.error({ error, log: this.name }, "The log's disk failed");
    this.#onDiskError(error);
  }

  protected override onShortage(error: DiskError): void {
    this.logger.warn({ error, log: this.name }, "The system is short of what an access to the log needs");
  }

  #place(): SegmentPlace {
    const { segmentBytes, segmentIndexBytes, segmentJitterMs, indexIntervalBytes, preallocates } = this.config;
    const rollJitterMs = Math.floor(this.#draw() * Math.min(segmentJitterMs, rollMs(this.config)));
    const preallocatedBytes = preallocates ? segmentBytes : 0;
    const { disk } = this;
    const directory = this.directory.path;
    const indexes = { indexIntervalBytes, indexBytesMax: segmentIndexBytes };
    return { disk, directory, rollJitterMs, ...indexes, preallocatedBytes, openFiles: this.#openFiles };
  }
}
