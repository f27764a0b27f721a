import { type Offset } from "../../base/brand.ts";
import { nextTurn } from "../../io/next-turn.ts";
import { type Disk, type Logger, type Timers } from "../../io/ports.ts";
import { type Log } from "../log.ts";
import { formatCheckpoint } from "../checkpoint-text.ts";
import { partitionDirectoryName } from "../log-files.ts";
import {
  cleanerCheckpointName,
  highWatermarkCheckpointName,
  logStartCheckpointName,
  offsetCheckpointLine,
  offsetCheckpointText,
  type PartitionOffset,
  readOffsetCheckpoint,
  recoveryPointCheckpointName,
  replaceOffsetCheckpoint,
  writeOffsetCheckpoint,
} from "./offset-checkpoint.ts";

/** The offsets that a log directory keeps of all its logs, and the file of each. */
const checkpointNames = {
  recoveryPoint: recoveryPointCheckpointName,
  logStart: logStartCheckpointName,
  highWatermark: highWatermarkCheckpointName,
  cleaned: cleanerCheckpointName,
} as const;

export type CheckpointKind = keyof typeof checkpointNames;

export interface DirectoryCheckpointsOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly timers: Timers;
  readonly logger: Logger;
  /** The logs in the directory, whose offsets are written down. */
  readonly logs: Iterable<Log>;
  readonly onDiskError: (error: unknown) => void;
}

/** The event loop is given to others when so many logs were asked for their offsets: of thousands that would be felt. */
const logsOfStep = 1_000;

/** A write in the background. */
interface BackgroundWrite {
  /** The offsets that the file is going to say, as far as they are known yet, by the names of the partitions' directories. */
  readonly offsets: Map<string, Offset>;
  /** What was written meanwhile is newer, and must not be replaced. */
  isOvertaken: boolean;
  done: Promise<void>;
}

/** The checkpoint files of one log directory. */
export class DirectoryCheckpoints {
  readonly #options: DirectoryCheckpointsOptions;
  /** What the files say, as far as this process wrote them. */
  readonly #texts = new Map<CheckpointKind, string>();
  /** The offsets that they say, by the names of the partitions' directories. */
  readonly #known = new Map<CheckpointKind, ReadonlyMap<string, Offset>>();
  readonly #underWay = new Map<CheckpointKind, BackgroundWrite>();
  /** Had news while they were under way. */
  readonly #wantedAgain = new Set<CheckpointKind>();
  #isClosed = false;

  constructor(options: DirectoryCheckpointsOptions) {
    this.#options = options;
  }

  /** The offsets by the names of the partitions' directories; none when the file is missing or damaged. */
  read(kind: CheckpointKind): ReadonlyMap<string, Offset> {
    const { disk, logger } = this.#options;
    const path = this.#path(kind);
    const offsets = readOffsetCheckpoint(disk, path);
    if (offsets === undefined) logger.warn({ file: path }, "The checkpoint is damaged: its offsets are taken as 0");
    const known = byName(offsets ?? []);
    this.#known.set(kind, known);
    return known;
  }

  /** Writes the file in the background, when it has something new to say; once more when it is being written already. */
  writeInBackground(kind: CheckpointKind): void {
    if (this.#isClosed) return;
    if (this.#underWay.has(kind)) {
      this.#wantedAgain.add(kind);
      return;
    }
    const write: BackgroundWrite = { offsets: new Map(), isOvertaken: false, done: Promise.resolve() };
    this.#underWay.set(kind, write);
    write.done = this.#writeAside(kind, write)
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#options.onDiskError(error);
      })
      .finally(() => {
        this.#underWay.delete(kind);
        if (this.#wantedAgain.delete(kind)) this.writeInBackground(kind);
      });
  }

  async #writeAside(kind: CheckpointKind, write: BackgroundWrite): Promise<void> {
    const isWanted = (): boolean => !this.#isClosed && !write.isOvertaken;
    const text = await this.#collect(kind, write);
    if (!isWanted()) return;
    if (this.#texts.get(kind) === text) return this.#checkFile(kind);
    await replaceOffsetCheckpoint(this.#options.disk, this.#path(kind), text, isWanted);
    if (isWanted()) this.#note(kind, text, write.offsets);
  }

  /**
   * Notes the offsets of all logs in `write`, over several turns where there are many; what the file says of one log does not
   * depend on what it says of others. Who cuts or forgets a log meanwhile finds what is noted of it, and what is not noted
   * yet is asked for afterwards.
   */
  async #collect(kind: CheckpointKind, { offsets }: BackgroundWrite): Promise<string> {
    const { logs, timers } = this.#options;
    const lines: string[] = [];
    let count = 0;
    for (const log of logs) {
      const offset = offsetOf[kind](log);
      if (offset !== undefined) {
        offsets.set(log.name, offset);
        lines.push(offsetCheckpointLine(log.topic, log.partition, offset));
      }
      if (++count % logsOfStep === 0) await nextTurn(timers);
    }
    return formatCheckpoint(lines);
  }

  /** Has the file say that the log is durable up to `offset`; false when it does not come to that. */
  async writeRecoveryPoint(log: Log, offset: Offset): Promise<boolean> {
    const isWritten = (): boolean => (this.#known.get("recoveryPoint")?.get(log.name) ?? 0) >= offset;
    // One that is under way already may know less than the next.
    for (let attempts = 0; !isWritten() && attempts < 3; attempts++) {
      this.writeInBackground("recoveryPoint");
      await this.#underWay.get("recoveryPoint")?.done;
    }
    return isWritten();
  }

  /** Where there is nothing to write, a look at the file tells whether the directory is still there. */
  #checkFile(kind: CheckpointKind): void {
    try {
      this.#options.disk.stat(this.#path(kind));
    } catch (error) {
      this.#options.onDiskError(error);
    }
  }

  /** Writes the file; durable when it returns. */
  write(kind: CheckpointKind): void {
    const offsets = this.#offsets(kind);
    const underWay = this.#underWay.get(kind);
    if (underWay !== undefined) underWay.isOvertaken = true;
    const text = writeOffsetCheckpoint(this.#options.disk, this.#path(kind), offsets);
    this.#note(kind, text, byName(offsets));
  }

  /**
   * A new log is about to lie under a name that another one had: what the files say of that one would, after a crash, hold
   * for the new one, whose records it would then skip or delete.
   */
  forget(name: string): void {
    for (const kind of Object.keys(checkpointNames) as CheckpointKind[]) {
      if (this.#saidOf(kind, name) !== undefined) this.write(kind);
    }
  }

  /** A log is about to be cut: the file must not say that what is written in the place of the cut is durable. */
  beforeCut(log: Log): void {
    if ((this.#saidOf("recoveryPoint", log.name) ?? 0) > log.recoveryPoint) this.write("recoveryPoint");
  }

  /** The largest offset that the file says of a partition or is going to say; undefined when that is none. */
  #saidOf(kind: CheckpointKind, name: string): Offset | undefined {
    const known = this.#known.get(kind)?.get(name);
    const underWay = this.#underWay.get(kind);
    const coming = underWay?.isOvertaken === false ? underWay.offsets.get(name) : undefined;
    return known === undefined || coming === undefined ? (known ?? coming) : Math.max(known, coming);
  }

  /** As `write`, when the file does not say so yet. */
  writeIfNew(kind: CheckpointKind): void {
    const offsets = this.#offsets(kind);
    const isKnown = this.#texts.get(kind) === offsetCheckpointText(offsets);
    if (!isKnown && offsets.length > 0) this.write(kind);
  }

  /** What is being written in the background no longer replaces a file. */
  close(): void {
    this.#isClosed = true;
  }

  #note(kind: CheckpointKind, text: string, offsets: ReadonlyMap<string, Offset>): void {
    this.#texts.set(kind, text);
    this.#known.set(kind, offsets);
  }

  #path(kind: CheckpointKind): string {
    return `${this.#options.directory}/${checkpointNames[kind]}`;
  }

  #offsets(kind: CheckpointKind): PartitionOffset[] {
    const offsets: PartitionOffset[] = [];
    for (const log of this.#options.logs) {
      const offset = offsetOf[kind](log);
      if (offset !== undefined) offsets.push({ topic: log.topic, partition: log.partition, offset });
    }
    return offsets;
  }
}

const offsetOf: Record<CheckpointKind, (log: Log) => Offset | undefined> = {
  recoveryPoint: (log) => log.recoveryPoint,
  logStart: logStartOf,
  highWatermark: (log) => log.highWatermark,
  cleaned: (log) => log.cleanedOffset,
};

/** As in Kafka, only a start that differs from what the segments say is worth a line. */
function logStartOf(log: Log): Offset | undefined {
  const first = log.storage.segments.first.baseOffset;
  return log.logStartOffset > first ? log.logStartOffset : undefined;
}

function byName(offsets: readonly PartitionOffset[]): ReadonlyMap<string, Offset> {
  return new Map(offsets.map(({ topic, partition, offset }) => [partitionDirectoryName(topic, partition), offset]));
}
