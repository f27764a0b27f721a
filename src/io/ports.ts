import { type TimestampMs } from "../base/brand.ts";

/**
 * Everything from outside reaches the broker through these interfaces (the real ones are in `src/io/node`, the simulated
 * ones in `test/sim`). Raft, coordinator shards, controller and ISR state take no port at all: time and random draws are
 * their arguments.
 */
export interface Ports {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly disk: Disk;
  readonly net: Net;
  readonly compute: Compute;
  readonly workers: Workers;
  readonly loopDelay: LoopDelay;
  readonly logger: Logger;
}

/** How late the event loop comes round to what is due. */
export interface LoopDelay {
  start(): LoopDelayMonitor;
}

export interface LoopDelayMonitor {
  /** Since the start. */
  read(): LoopDelaySample;
  /** The longest garbage collection since the last call, ms. */
  takeLongestGcMs(): number;
  stop(): void;
}

export interface LoopDelaySample {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** What runs this program. It has one for all nodes in it, so that it is no port of a node. */
export interface Runtime {
  /** What objects take. */
  heapUsedBytes(): number;
  /** What is held for objects, used or not. */
  heapBytes(): number;
  /** Collects all garbage and gives the system back what is not needed; the event loop stands still meanwhile. */
  collect(): Promise<void>;
  /** The same, and moves together what is left, which takes two to three times as long: it then lies on fewer pages. */
  compact(): Promise<void>;
}

export interface Clock {
  /** Wall time, ms since the Unix epoch: for timestamps that people and files see. May jump. */
  wallMs(): number;
  /** Monotonic ms from an arbitrary start, fractional: for every deadline and duration. */
  monotonicMs(): number;
}

export interface TimerHandle {
  cancel(): void;
}

export interface Timers {
  /** Runs `callback` once, `delayMs` from now. Does not keep the process alive by itself. */
  after(delayMs: number, callback: () => void): TimerHandle;
  /** Runs `callback` when the current turn of the event loop has handled its input: the place for coalesced writes. */
  endOfTurn(callback: () => void): void;
}

export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
  /** `length` random bytes. */
  bytes(length: number): Buffer;
}

export type OpenMode =
  /** Read only; fails when missing. */
  | "read"
  /** Read and write; fails when missing. */
  | "update"
  /** Read and write; created empty when missing, kept when there. */
  | "readwrite"
  /** Read and write; created, or cut to nothing when there. */
  | "create";

/**
 * Through the system's cache, or past it: the device puts the bytes where the reader wants them, which costs no copy, and the
 * cache keeps what it has. Not every file system can do that.
 */
export type ReadWay = "cached" | "direct";

/** By so much the memory of `Disk.readAsync` is larger than what is to be read: devices transfer whole blocks. */
export const readSlackBytes = 12_288;

export interface FileStat {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly isDirectory: boolean;
}

/** A file that comes with its directory. */
export interface NewFile {
  readonly name: string;
  readonly text?: string;
  /** How long the file is made when that is more than its text. */
  readonly sizeBytes?: number;
}

/**
 * Paths are absolute. Errors are `DiskError`s with the errno's name in `code`. The synchronous calls are for start-up,
 * small files, and writes that only reach the page cache.
 */
export interface Disk {
  open(path: string, mode: OpenMode): DiskFile;
  readFile(path: string): Buffer;
  /**
   * Reads `sizeBytes` of a file from `position`, or up to its end, off the event loop, and resolves with the slice of
   * `memory` where they came to lie. The file is opened for this call alone: it may be renamed or removed meanwhile. Rejects
   * with code `EINVAL` when the file system has no such way.
   */
  readAsync(path: string, memory: Buffer, position: number, sizeBytes: number, way: ReadWay): Promise<Buffer>;
  /** Writes a temporary sibling, fsyncs it, renames it over `path` and fsyncs the directory: old or new, never torn. */
  writeFileAtomic(path: string, data: Buffer | string): void;
  exists(path: string): boolean;
  stat(path: string): FileStat;
  /** Names in the directory, sorted. */
  list(path: string): string[];
  /** Creates missing parents too. */
  mkdir(path: string): void;
  /**
   * Creates a directory, whose parent is there, off the event loop: a new name takes file systems that keep a journal up to
   * some milliseconds. Rejects with code `EEXIST` when there is something already.
   */
  mkdirAsync(path: string): Promise<void>;
  /** Creates files in a directory, off the event loop. Rejects with code `EEXIST` when one is there, which stays as it is. */
  makeFilesAsync(directory: string, files: readonly NewFile[]): Promise<void>;
  rename(from: string, to: string): void;
  /** As `rename`, off the event loop. */
  renameAsync(from: string, to: string): Promise<void>;
  /** Removes a file, or a directory with all that is in it; nothing happens when missing. */
  remove(path: string): void;
  /** As `remove`, off the event loop: to give back what a large file takes keeps the system busy for long. */
  removeAsync(path: string): Promise<void>;
  syncDirectory(path: string): void;
  /** A descriptor of a directory that is there for long: to sync it needs no other. */
  openDirectory(path: string): DiskDirectory;
  /** As `syncDirectory`, off the event loop: the device may take its time. */
  syncDirectoryAsync(path: string): Promise<void>;
  /** Sets when the file was last changed. */
  setModifiedMs(path: string, modifiedMs: TimestampMs): void;
  /** Size of the file system that holds `path`, and how much of it this process may still use. */
  space(path: string): DiskSpace;
  /** How many files and sockets this process may have open; undefined when the system does not say. */
  descriptorsMax(): number | undefined;
  /** Takes the exclusive lock on `path` (created when missing); fails with code `ELOCKED` when another process has it. */
  lock(path: string): FileLock;
}

export interface DiskSpace {
  readonly totalBytes: number;
  readonly usableBytes: number;
}

export interface FileLock {
  release(): void;
}

export interface DiskDirectory {
  /** As `Disk.syncDirectory`. */
  sync(): void;
  close(): void;
}

export interface DiskFile {
  readonly path: string;
  sizeBytes(): number;
  /** Reads up to `target.length` bytes from `position`; returns how many, less only at the end of the file. */
  read(target: Buffer, position: number): number;
  /** Writes all slices one behind the other from `position`; returns when the operating system has them (not durable). */
  write(slices: readonly Buffer[], position: number): void;
  /** As `write`, off the event loop: the slices have to stay as they are until it has ended. */
  writeAsync(slices: readonly Buffer[], position: number): Promise<void>;
  /** fsync: everything written before is durable when this returns. */
  sync(): void;
  syncAsync(): Promise<void>;
  truncate(sizeBytes: number): void;
  close(): void;
}

/** What a failed call of `Disk` throws. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }

  /** For whoever gets over a failure of the disk: whatever else was thrown is a bug and goes on. */
  static from(error: unknown): DiskError {
    if (!(error instanceof DiskError)) throw error;
    return error;
  }

  /** The system is short of descriptors or memory at the moment: the disk is sound, and a later call may succeed. */
  get isShortage(): boolean {
    return this.code === "EMFILE" || this.code === "ENFILE" || this.code === "ENOMEM";
  }
}

export interface Net {
  /** Binds and listens; `port` 0 lets the system choose. Rejects with a `NetError` (`EADDRINUSE`, …). */
  listen(address: SocketAddress, onConnection: (socket: NetSocket) => void): Promise<NetServer>;
  connect(address: SocketAddress, timeoutMs: number): Promise<NetSocket>;
}

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

export interface NetServer {
  readonly address: SocketAddress;
  /** Stops accepting; sockets that are open stay open. */
  close(): Promise<void>;
}

/** The byte stream of one TCP connection. */
export interface NetSocket {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /** Who is told what happens; to be set before whoever was given the socket returns to the event loop. */
  user: SocketUser;
  /** Sends the slices in one vectored write; false when bytes are queued and the caller should wait for `drained`. */
  write(slices: readonly Buffer[]): boolean;
  /** Bytes accepted by `write` that the operating system has not taken yet. */
  queuedBytes(): number;
  pause(): void;
  resume(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** What a socket tells its user: one object, since functions of each socket's own are much for one that is idle. */
export interface SocketUser {
  /** `chunk` may be read until this returns: what is kept of it has to be copied. */
  received(chunk: Buffer): void;
  /**
   * Asked after each `received`: where the next bytes are to be received, so that those of a large message need not be
   * copied. `received` gets a slice of it then. undefined: wherever the socket likes; a socket may also never ask.
   */
  receiveInto?(): Buffer | undefined;
  /** The bytes that `write` had to queue have left. */
  drained?(): void;
  /** Called once, whatever the reason; `error` when the connection broke. */
  closed(error?: Error): void;
}

/** What a failed call of `Net` rejects with. */
export class NetError extends Error {
  override readonly name = "NetError";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export type CompressionName = "gzip" | "snappy" | "lz4" | "zstd";

/** A codec's library cannot be loaded: nothing is wrong with the data. */
export class CodecUnavailable extends Error {
  override readonly name = "CodecUnavailable";
}

/** Work that is heavy for the event loop. Both reject with `CodecUnavailable` when the installation lacks the codec. */
export interface Compute {
  compress(codec: CompressionName, data: Buffer, level?: number): Promise<Buffer>;
  /**
   * Rejects with a `RangeError` when the result would pass `sizeBytesMax` (a decompression bomb), with another error when
   * `data` is not whole. `snappy` takes the xerial framing and a bare block, `lz4` the frame format.
   */
  decompress(codec: CompressionName, data: Buffer, sizeBytesMax: number): Promise<Buffer>;
}

/** What a task may use in the thread that runs it. */
export interface TaskPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly disk: Disk;
  readonly compute: Compute;
}

/**
 * Long work that needs nothing but its input and files. Input, reports and output may pass from thread to thread: they are
 * plain data. All tasks stand in the table of `src/log/tasks.ts`, where the thread finds them by name.
 */
export interface Task<Input, Report, Output> {
  readonly name: string;
  /** A client waits for it: it does not wait for the tasks of which each may take minutes. */
  readonly isUrgent?: boolean;
  run(input: Input, ports: TaskPorts, job: TaskJob<Report>): Promise<Output>;
}

/** The side of a run that its task sees. */
export interface TaskJob<Report> {
  /** Nobody waits for the result any more; may turn true at any time, also while the task does not await. */
  readonly isCancelled: boolean;
  report(report: Report): void;
}

export interface RunOptions<Report> {
  readonly signal?: AbortSignal;
  readonly onReport?: (report: Report) => void;
}

/** Runs long work off the event loop. */
export interface Workers {
  /**
   * Rejects with what the task threw: a `DiskError` stays one, everything else, the death of its thread too, becomes a
   * `TaskError`. Abortion is the task's matter: it returns early.
   */
  run<Input, Report, Output>(
    task: Task<Input, Report, Output>,
    input: Input,
    options?: RunOptions<Report>,
  ): Promise<Output>;
}

/** A task failed in its thread, or with it. */
export class TaskError extends Error {
  override readonly name = "TaskError";
}

export interface Logger {
  /** A logger whose lines carry `component` and have that component's level. */
  child(component: string): Logger;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
