import { dirname } from "node:path";
import { assert } from "../../src/base/assert.ts";
import {
  DiskError,
  type Disk,
  type DiskDirectory,
  type DiskFile,
  type DiskSpace,
  type FileLock,
  type FileStat,
  type NewFile,
  type OpenMode,
  readSlackBytes,
  type ReadWay,
} from "../../src/io/ports.ts";
import { type Draw, MemoryDirectory, MemoryFile, type MemoryNode } from "./memory-file.ts";

export type DiskOperation = "open" | "create" | "read" | "write" | "sync" | "truncate" | "rename" | "remove" | "mkdir";

/** What changes something, and so is a point to crash at. */
const changing: ReadonlySet<DiskOperation> = new Set([
  "create",
  "write",
  "sync",
  "truncate",
  "rename",
  "remove",
  "mkdir",
]);

interface Fault {
  readonly operation: DiskOperation;
  readonly code: string;
  readonly path: RegExp;
  /** Calls that still succeed. */
  skip: number;
  times: number;
  /** How many of the bytes of a failing write arrive. */
  readonly portion: (sizeBytes: number) => number;
}

interface Failure {
  readonly error: DiskError;
  readonly portion: (sizeBytes: number) => number;
}

export interface FaultOptions {
  readonly path?: RegExp;
  readonly skip?: number;
  readonly times?: number;
  readonly portion?: (sizeBytes: number) => number;
}

/**
 * A disk in memory that keeps apart what the operating system has and what would survive a loss of power. `crash` and
 * `kill` end it: its calls fail from then on, and the disk that they return has what is left.
 */
export class MemoryDisk implements Disk {
  readonly #nowMs: () => number;
  readonly #root: MemoryDirectory;
  readonly #locks = new Set<string>();
  #faults: Fault[] = [];
  #isOn = true;
  #changesUntilCut = Infinity;
  #cutPortion: (sizeBytes: number) => number = () => 0;
  /** Turns of the event loop that an asynchronous fsync takes beside its own. */
  syncTurns: () => number = () => 0;
  /** The same of an asynchronous read. */
  readTurns: () => number = () => 0;
  /** What file systems that have no reads past the cache say to one. */
  directReadError: string | undefined = undefined;
  /** Sees each asynchronous read before it is done. */
  onReadAsync: (way: ReadWay, position: number, sizeBytes: number) => void = () => undefined;
  /** Sees each call that may change something: what happens in a run, to compare it with another run. */
  onOperation: (operation: DiskOperation, path: string) => void = () => undefined;
  /** A call has failed as `fail` had planned it. */
  hasFailed = false;
  /** How often each operation was asked for. */
  readonly counts = new Map<DiskOperation, number>();

  constructor(nowMs: () => number = () => 0, root = new MemoryDirectory()) {
    this.#nowMs = nowMs;
    this.#root = root;
  }

  /** Power is lost: unsynced writes are gone, there or torn, unsynced names there or not, as `draw` says. */
  crash(draw: Draw): MemoryDisk {
    this.#isOn = false;
    return new MemoryDisk(this.#nowMs, this.#root.afterCrash(draw));
  }

  /** The process is killed: what was written is there. */
  kill(): MemoryDisk {
    this.#isOn = false;
    return new MemoryDisk(this.#nowMs, this.#root.afterKill());
  }

  /**
   * After `skip` more calls of `operation` on a matching path the next `times` fail with `code`. A write leaves half its
   * bytes behind (or a `portion` of them), an fsync forgets what it should have made durable.
   */
  fail(operation: DiskOperation, code: string, options: FaultOptions = {}): void {
    const { path = /./, skip = 0, times = Infinity, portion = (sizeBytes) => sizeBytes >>> 1 } = options;
    this.#faults.push({ operation, code, path, skip, times, portion });
  }

  /** The `count`-th change from now on and all calls behind it fail: a write is there in part, other changes are not. */
  cutAfter(count: number, portion: (sizeBytes: number) => number = (sizeBytes) => sizeBytes >>> 1): void {
    this.#changesUntilCut = count;
    this.#cutPortion = portion;
  }

  /** False when it was cut, crashed or killed. */
  get isOn(): boolean {
    return this.#isOn;
  }

  heal(): void {
    this.#faults = [];
  }

  open(path: string, mode: OpenMode): DiskFile {
    this.check("open", path);
    const { directory, name } = this.#placeOf(path);
    let file = directory.get(name);
    if (file instanceof MemoryDirectory) throw new DiskError("EISDIR", `is a directory: ${path}`);
    if (file === undefined) {
      if (mode === "read" || mode === "update") throw new DiskError("ENOENT", `no such file: ${path}`);
      this.check("create", path);
      file = new MemoryFile(this.#nowMs());
      directory.set(name, file);
    } else if (mode === "create") {
      this.check("create", path);
      file.truncate(0, this.#nowMs());
    }
    return new OpenMemoryFile(this, path, file, mode, this.#nowMs);
  }

  readFile(path: string): Buffer {
    const file = this.open(path, "read");
    const bytes = Buffer.alloc(file.sizeBytes());
    file.read(bytes, 0);
    file.close();
    return bytes;
  }

  async readAsync(path: string, memory: Buffer, position: number, sizeBytes: number, way: ReadWay): Promise<Buffer> {
    assert(memory.length >= sizeBytes + readSlackBytes, "an asynchronous read has room for whole blocks");
    const file = this.open(path, "read");
    const { directReadError } = this;
    if (way === "direct" && directReadError !== undefined)
      throw new DiskError(directReadError, `no direct reads: ${path}`);
    // A real device puts the bytes at an address that suits it.
    const start = position % readSlackBytes;
    const target = memory.subarray(start, start + sizeBytes);
    return later(() => {
      this.onReadAsync(way, position, sizeBytes);
      return target.subarray(0, file.read(target, position));
    }, this.readTurns());
  }

  writeFileAtomic(path: string, data: Buffer | string): void {
    const temporary = `${path}.tmp`;
    const file = this.open(temporary, "create");
    file.write([Buffer.from(data)], 0);
    file.sync();
    file.close();
    this.rename(temporary, path);
    this.syncDirectory(dirname(path));
  }

  exists(path: string): boolean {
    this.check("read", path);
    return this.#find(path) !== undefined;
  }

  stat(path: string): FileStat {
    this.check("read", path);
    const node = this.#find(path);
    if (node === undefined) throw new DiskError("ENOENT", `no such file: ${path}`);
    if (node instanceof MemoryDirectory) return { sizeBytes: 0, modifiedMs: 0, isDirectory: true };
    return { sizeBytes: node.sizeBytes, modifiedMs: node.modifiedMs, isDirectory: false };
  }

  list(path: string): string[] {
    this.check("read", path);
    return this.#directory(path).names();
  }

  mkdir(path: string): void {
    this.check("mkdir", path);
    let directory = this.#root;
    for (const name of partsOf(path)) {
      let next = directory.get(name);
      if (next === undefined) directory.set(name, (next = new MemoryDirectory()));
      if (next instanceof MemoryFile) throw new DiskError("EEXIST", `not a directory: ${path}`);
      directory = next;
    }
  }

  /** As the system does it: no missing parents. */
  mkdirAsync(path: string): Promise<void> {
    return later(() => {
      if (this.#find(path) !== undefined) throw new DiskError("EEXIST", `is there: ${path}`);
      this.#placeOf(path);
      this.mkdir(path);
    }, this.syncTurns());
  }

  /** Each name in turns of its own. */
  async makeFilesAsync(directory: string, files: readonly NewFile[]): Promise<void> {
    for (const { name, text, sizeBytes = 0 } of files) {
      const path = `${directory}/${name}`;
      await later(() => {
        if (this.#find(path) !== undefined) throw new DiskError("EEXIST", `is there: ${path}`);
        const file = this.open(path, "create");
        if (text !== undefined) file.write([Buffer.from(text)], 0);
        if (sizeBytes > 0) file.truncate(sizeBytes);
        file.close();
      }, this.syncTurns());
    }
  }

  renameAsync(from: string, to: string): Promise<void> {
    return later(() => this.rename(from, to), this.syncTurns());
  }

  rename(from: string, to: string): void {
    this.check("rename", from);
    const source = this.#placeOf(from);
    const target = this.#placeOf(to);
    const node = source.directory.get(source.name);
    if (node === undefined) throw new DiskError("ENOENT", `no such file: ${from}`);
    const replaced = target.directory.get(target.name);
    if (replaced instanceof MemoryDirectory && replaced.names().length > 0) {
      throw new DiskError("ENOTEMPTY", `directory not empty: ${to}`);
    }
    if (source.directory === target.directory) source.directory.rename(source.name, target.name);
    else {
      target.directory.set(target.name, node);
      source.directory.remove(source.name);
    }
  }

  remove(path: string): void {
    this.check("remove", path);
    if (this.#find(path) === undefined) return;
    const { directory, name } = this.#placeOf(path);
    directory.remove(name);
  }

  removeAsync(path: string): Promise<void> {
    return later(() => this.remove(path), this.syncTurns());
  }

  /** @param changeCount so many changes of names are made durable; all when it is not said */
  syncDirectory(path: string, changeCount?: number): void {
    this.#syncDirectory(path, changeCount);
  }

  #syncDirectory(path: string, changeCount?: number): void {
    this.check("sync", path);
    // Its own name is its parent's matter.
    this.#directory(path).sync(changeCount);
  }

  openDirectory(path: string): DiskDirectory {
    this.check("open", path);
    this.#directory(path);
    return { sync: () => this.#syncDirectory(path), close: () => undefined };
  }

  /** Makes the names on the way to `path` and in it durable: directories that are there for long. */
  settle(path: string): void {
    const parts = partsOf(path);
    for (let depth = 0; depth <= parts.length; depth++) this.#directory(`/${parts.slice(0, depth).join("/")}`).sync();
  }

  syncDirectoryAsync(path: string): Promise<void> {
    // A name that changes while it is under way is not what it was asked for.
    const node = this.#find(path);
    const changeCount = node instanceof MemoryDirectory ? node.changeCount : undefined;
    return later(() => this.syncDirectory(path, changeCount), this.syncTurns());
  }

  setModifiedMs(path: string, modifiedMs: number): void {
    this.check("write", path);
    const node = this.#find(path);
    if (!(node instanceof MemoryFile)) throw new DiskError("ENOENT", `no such file: ${path}`);
    node.modifiedMs = modifiedMs;
  }

  space(_path: string): DiskSpace {
    return { totalBytes: 2 ** 40, usableBytes: 2 ** 39 };
  }

  descriptorsMax(): undefined {
    return undefined;
  }

  lock(path: string): FileLock {
    this.open(path, "readwrite").close();
    if (this.#locks.has(path)) throw new DiskError("ELOCKED", `locked: ${path}`);
    this.#locks.add(path);
    return { release: () => void this.#locks.delete(path) };
  }

  /** Throws when the power is off or a fault is due. */
  check(operation: DiskOperation, path: string): void {
    const failure = this.failureOf(operation, path);
    if (failure !== undefined) throw failure.error;
  }

  /** Counts the call; why it fails, and how many of a write's bytes arrive all the same. */
  failureOf(operation: DiskOperation, path: string): Failure | undefined {
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    if (!this.#isOn) return { error: new DiskError("EIO", `the disk is gone: ${path}`), portion: () => 0 };
    if (changing.has(operation)) {
      this.onOperation(operation, path);
      if (--this.#changesUntilCut <= 0) {
        this.#isOn = false;
        return { error: new DiskError("EIO", `the disk is gone: ${path}`), portion: this.#cutPortion };
      }
    }
    for (const fault of this.#faults) {
      if (fault.operation !== operation || fault.times <= 0 || !fault.path.test(path)) continue;
      if (fault.skip-- > 0) continue;
      fault.times--;
      this.hasFailed = true;
      return { error: new DiskError(fault.code, `injected ${operation} fault: ${path}`), portion: fault.portion };
    }
    return undefined;
  }

  #find(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#root;
    for (const name of partsOf(path)) {
      if (!(node instanceof MemoryDirectory)) return undefined;
      node = node.get(name);
    }
    return node;
  }

  #directory(path: string): MemoryDirectory {
    const node = this.#find(path);
    if (node === undefined) throw new DiskError("ENOENT", `no such directory: ${path}`);
    if (node instanceof MemoryFile) throw new DiskError("ENOTDIR", `not a directory: ${path}`);
    return node;
  }

  #placeOf(path: string): { directory: MemoryDirectory; name: string } {
    return { directory: this.#directory(dirname(path)), name: partsOf(path).at(-1) ?? "" };
  }
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

class OpenMemoryFile implements DiskFile {
  readonly path: string;
  readonly #disk: MemoryDisk;
  readonly #file: MemoryFile;
  readonly #mode: OpenMode;
  readonly #nowMs: () => number;
  #isOpen = true;

  constructor(disk: MemoryDisk, path: string, file: MemoryFile, mode: OpenMode, nowMs: () => number) {
    this.#disk = disk;
    this.path = path;
    this.#file = file;
    this.#mode = mode;
    this.#nowMs = nowMs;
  }

  sizeBytes(): number {
    this.#check("read");
    return this.#file.sizeBytes;
  }

  read(target: Buffer, position: number): number {
    this.#check("read");
    return this.#file.view().copy(target, 0, Math.min(position, this.#file.sizeBytes));
  }

  write(slices: readonly Buffer[], position: number): void {
    if (this.#mode === "read") throw new DiskError("EBADF", `opened to read: ${this.path}`);
    if (!this.#isOpen) throw new DiskError("EBADF", `closed: ${this.path}`);
    const bytes = Buffer.concat(slices);
    const failure = this.#disk.failureOf("write", this.path);
    const arriving = failure === undefined ? bytes.length : failure.portion(bytes.length);
    if (arriving > 0) this.#file.write(bytes.subarray(0, arriving), position, this.#nowMs());
    if (failure !== undefined) throw failure.error;
  }

  writeAsync(slices: readonly Buffer[], position: number): Promise<void> {
    // What it writes is what is there when it does: a caller who changes that meanwhile is found out.
    return later(() => this.write(slices, position), this.#disk.syncTurns());
  }

  sync(): void {
    this.#syncTo(this.#file.changeCount);
  }

  syncAsync(): Promise<void> {
    // What is written while it is under way is not what it was asked for.
    const changeCount = this.#file.changeCount;
    return later(() => this.#syncTo(changeCount), this.#disk.syncTurns());
  }

  #syncTo(changeCount: number): void {
    if (!this.#isOpen) throw new DiskError("EBADF", `closed: ${this.path}`);
    const failure = this.#disk.failureOf("sync", this.path);
    if (failure === undefined) return this.#file.sync(changeCount);
    if (this.#disk.isOn) this.#file.failSync();
    throw failure.error;
  }

  truncate(sizeBytes: number): void {
    this.#check("truncate");
    this.#file.truncate(sizeBytes, this.#nowMs());
  }

  close(): void {
    this.#isOpen = false;
  }

  #check(operation: DiskOperation): void {
    if (!this.#isOpen) throw new DiskError("EBADF", `closed: ${this.path}`);
    this.#disk.check(operation, this.path);
  }
}

/** Asynchronous calls are done in a later turn, after what the caller does at once. */
function later<T>(operation: () => T, turns = 0): Promise<T> {
  if (turns > 0) return new Promise<void>((resolve) => setImmediate(resolve)).then(() => later(operation, turns - 1));
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(operation());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}
