import { dirname } from "node:path";
import {
  DiskError,
  type Disk,
  type DiskFile,
  type DiskSpace,
  type FileLock,
  type FileStat,
  type OpenMode,
} from "../../src/io/ports.ts";
import { type Draw, MemoryDirectory, MemoryFile, type MemoryNode } from "./memory-file.ts";

export type DiskOperation = "open" | "read" | "write" | "sync" | "truncate" | "rename" | "remove" | "mkdir";

interface Fault {
  readonly operation: DiskOperation;
  readonly code: string;
  readonly path: RegExp;
  times: number;
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

  /** The next `times` calls of `operation` on a matching path fail with `code`; a write leaves half its bytes behind. */
  fail(operation: DiskOperation, code: string, { path = /./, times = Infinity } = {}): void {
    this.#faults.push({ operation, code, path, times });
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
      if (mode === "read") throw new DiskError("ENOENT", `no such file: ${path}`);
      file = new MemoryFile(this.#nowMs());
      directory.set(name, file);
    } else if (mode === "create") file.truncate(0, this.#nowMs());
    return new OpenMemoryFile(this, path, file, mode, this.#nowMs);
  }

  readFile(path: string): Buffer {
    const file = this.open(path, "read");
    const bytes = Buffer.alloc(file.sizeBytes());
    file.read(bytes, 0);
    file.close();
    return bytes;
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

  syncDirectory(path: string): void {
    this.check("sync", path);
    // A directory that is durable is so under its name.
    let directory = this.#root;
    directory.sync();
    for (const name of partsOf(path)) {
      const next = directory.get(name);
      if (!(next instanceof MemoryDirectory)) throw new DiskError("ENOENT", `no such directory: ${path}`);
      next.sync();
      directory = next;
    }
  }

  syncDirectoryAsync(path: string): Promise<void> {
    return later(() => this.syncDirectory(path));
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
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    if (!this.#isOn) throw new DiskError("EIO", `the disk is gone: ${path}`);
    const fault = this.#faults.find((each) => each.operation === operation && each.times > 0 && each.path.test(path));
    if (fault === undefined) return;
    fault.times--;
    throw new DiskError(fault.code, `injected ${operation} fault: ${path}`);
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

  readAsync(target: Buffer, position: number): Promise<number> {
    return later(() => this.read(target, position));
  }

  write(slices: readonly Buffer[], position: number): void {
    if (this.#mode === "read") throw new DiskError("EBADF", `opened to read: ${this.path}`);
    const bytes = Buffer.concat(slices);
    try {
      this.#check("write");
    } catch (error) {
      this.#file.write(bytes.subarray(0, bytes.length >>> 1), position, this.#nowMs());
      throw error;
    }
    this.#file.write(bytes, position, this.#nowMs());
  }

  writeAsync(slices: readonly Buffer[], position: number): Promise<void> {
    return later(() => this.write(slices, position));
  }

  sync(): void {
    this.#check("sync");
    this.#file.sync();
  }

  syncAsync(): Promise<void> {
    return later(() => this.sync());
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
function later<T>(operation: () => T): Promise<T> {
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
