import * as fs from "node:fs";
import { dirname } from "node:path";
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
  type ReadWay,
} from "../ports.ts";
import { readAside } from "./node-file-read.ts";
import { lockFile } from "./node-file-lock.ts";

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC } = fs.constants;
const flagsOfMode: Record<OpenMode, number> = {
  read: O_RDONLY,
  update: O_RDWR,
  readwrite: O_RDWR | O_CREAT,
  create: O_RDWR | O_CREAT | O_TRUNC,
};

/** The file system of this machine. */
export const nodeDisk: Disk = {
  open(path: string, mode: OpenMode): DiskFile {
    return new NodeFile(
      path,
      attempt(() => fs.openSync(path, flagsOfMode[mode], 0o644)),
    );
  },
  readFile: (path: string): Buffer => attempt(() => fs.readFileSync(path)),
  readAsync: (path: string, memory: Buffer, position: number, sizeBytes: number, way: ReadWay): Promise<Buffer> =>
    attemptAside(readAside(path, memory, position, sizeBytes, way)),
  writeFileAtomic(path: string, data: Buffer | string): void {
    const temporary = `${path}.tmp`;
    const file = nodeDisk.open(temporary, "create");
    try {
      file.write([typeof data === "string" ? Buffer.from(data) : data], 0);
      file.sync();
    } finally {
      file.close();
    }
    nodeDisk.rename(temporary, path);
    nodeDisk.syncDirectory(dirname(path));
  },
  exists: (path: string): boolean => fs.existsSync(path),
  stat(path: string): FileStat {
    const stat = attempt(() => fs.statSync(path));
    return { sizeBytes: stat.size, modifiedMs: stat.mtimeMs, isDirectory: stat.isDirectory() };
  },
  list: (path: string): string[] => attempt(() => fs.readdirSync(path)).sort(),
  mkdir: (path: string): void => attempt(() => makeDirectory(path)),
  mkdirAsync: (path: string): Promise<void> => attemptAside(fs.promises.mkdir(path)),
  makeFilesAsync: (directory: string, files: readonly NewFile[]): Promise<void> =>
    attemptAside(makeAside(directory, files)),
  rename: (from: string, to: string): void => attempt(() => fs.renameSync(from, to)),
  renameAsync: (from: string, to: string): Promise<void> => attemptAside(fs.promises.rename(from, to)),
  remove: (path: string): void => attempt(() => fs.rmSync(path, { recursive: isDirectory(path), force: true })),
  removeAsync: (path: string): Promise<void> => attemptAside(fs.promises.rm(path, { recursive: true, force: true })),
  syncDirectory(path: string): void {
    const directory = nodeDisk.openDirectory(path);
    try {
      directory.sync();
    } finally {
      directory.close();
    }
  },
  openDirectory(path: string): DiskDirectory {
    // Windows cannot open a directory; its file systems journal renames themselves.
    if (process.platform === "win32") return { sync: doNothing, close: doNothing };
    const descriptor = attempt(() => fs.openSync(path, O_RDONLY));
    return {
      sync: () => attempt(() => fs.fsyncSync(descriptor)),
      close: () => attempt(() => fs.closeSync(descriptor)),
    };
  },
  syncDirectoryAsync(path: string): Promise<void> {
    if (process.platform === "win32") return Promise.resolve();
    return new Promise((resolve, reject) => {
      fs.open(path, O_RDONLY, (openError, descriptor) => {
        if (openError !== null) return reject(diskErrorOf(openError));
        fs.fsync(descriptor, (error) => {
          fs.closeSync(descriptor);
          if (error === null) resolve();
          else reject(diskErrorOf(error));
        });
      });
    });
  },
  setModifiedMs: (path: string, modifiedMs: number): void =>
    attempt(() => fs.utimesSync(path, modifiedMs / 1000, modifiedMs / 1000)),
  space(path: string): DiskSpace {
    const { bsize, blocks, bavail } = attempt(() => fs.statfsSync(path));
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail };
  },
  descriptorsMax(): number | undefined {
    try {
      const limit = /^Max open files\s+(\d+)/m.exec(fs.readFileSync("/proc/self/limits", "utf8"))?.[1];
      return limit === undefined ? undefined : Number(limit);
    } catch {
      // Only Linux has that file.
      return undefined;
    }
  },
  lock: (path: string): FileLock => attempt(() => lockFile(path)),
};

function doNothing(): void {}

/**
 * A file is written in pieces that end where a multiple of this does. Linux takes memory for the page cache in
 * blocks as large as the write, as far as it is aligned: aligned blocks of this size cost least, larger ones nothing less,
 * and on a virtual machine several times as much, since free blocks of 128 KiB and more go back to the host and are fetched
 * again at the first touch.
 */
const pieceBytes = 65_536;

/** What takes long is the new names: a few bytes for a file that is open are the page cache's. */
async function makeAside(directory: string, files: readonly NewFile[]): Promise<void> {
  for (const { name, text, sizeBytes = 0 } of files) {
    const descriptor = await createAside(`${directory}/${name}`);
    try {
      if (text !== undefined) fs.writeSync(descriptor, text);
      if (sizeBytes > 0) fs.ftruncateSync(descriptor, sizeBytes);
    } finally {
      fs.closeSync(descriptor);
    }
  }
}

/** A descriptor needs less than the handle that `fs.promises` has. */
function createAside(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, O_RDWR | O_CREAT | O_EXCL, 0o644, (error, descriptor) => {
      if (error === null) resolve(descriptor);
      else reject(error);
    });
  });
}

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;
  #isOpen = true;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  sizeBytes(): number {
    return attempt(() => fs.fstatSync(this.#descriptor).size);
  }

  read(target: Buffer, position: number): number {
    let done = 0;
    try {
      while (done < target.length) {
        const count = fs.readSync(this.#descriptor, target, done, target.length - done, position + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw diskErrorOf(error);
    }
    return done;
  }

  write(slices: readonly Buffer[], position: number): void {
    let offset = position;
    try {
      for (let rest = slices; rest.length > 0;) {
        const piece = pieceOf(rest, offset);
        const written =
          piece.length === 1
            ? fs.writeSync(this.#descriptor, piece[0]!, 0, piece[0]!.length, offset)
            : fs.writevSync(this.#descriptor, piece, offset);
        offset += written;
        rest = unwritten(rest, written);
      }
    } catch (error) {
      throw diskErrorOf(error);
    }
  }

  writeAsync(slices: readonly Buffer[], position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let rest = slices;
      let offset = position;
      const next = (): void => {
        if (rest.length === 0) return resolve();
        fs.writev(this.#descriptor, pieceOf(rest, offset), offset, (error, written) => {
          if (error !== null) return reject(diskErrorOf(error));
          try {
            offset += written;
            rest = unwritten(rest, written);
          } catch (refusal) {
            return reject(refusal as Error);
          }
          next();
        });
      };
      next();
    });
  }

  sync(): void {
    attempt(() => fs.fsyncSync(this.#descriptor));
  }

  syncAsync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fsync(this.#descriptor, (error) => {
        if (error === null) resolve();
        else reject(diskErrorOf(error));
      });
    });
  }

  truncate(sizeBytes: number): void {
    attempt(() => fs.ftruncateSync(this.#descriptor, sizeBytes));
  }

  close(): void {
    // A second close would hit whichever file got the descriptor's number meanwhile.
    if (!this.#isOpen) return;
    this.#isOpen = false;
    attempt(() => fs.closeSync(this.#descriptor));
  }
}

/** What of `slices` is written at once to a file at `position`. */
export function pieceOf(slices: readonly Buffer[], position: number): readonly Buffer[] {
  let left = pieceBytes - (position % pieceBytes);
  for (let index = 0; index < slices.length; index++) {
    const slice = slices[index]!;
    if (slice.length >= left) return [...slices.slice(0, index), slice.subarray(0, left)];
    left -= slice.length;
  }
  return slices;
}

/**
 * What is left of `slices` after `written` of their bytes: the operating system may take fewer bytes than it was given.
 * @throws DiskError when there was something to write and it took none, which would loop for ever
 */
export function unwritten(slices: readonly Buffer[], written: number): readonly Buffer[] {
  let index = 0;
  let left = written;
  for (let slice = slices[0]; slice !== undefined && slice.length <= left; slice = slices[index]) {
    left -= slice.length;
    index += 1;
  }
  const rest = slices.slice(index);
  if (rest[0] === undefined) return rest;
  if (written === 0) throw new DiskError("EIO", "the file took no byte of what was written to it");
  rest[0] = rest[0].subarray(left);
  return rest;
}

/**
 * Makes a directory with those above it. Node's own recursive way never ends where a file system says ENOENT of a name in a
 * directory that is there, as /proc does.
 */
function makeDirectory(path: string): void {
  const above = dirname(path);
  if (above !== path && !fs.existsSync(above)) makeDirectory(above);
  try {
    fs.mkdirSync(path);
  } catch (error) {
    if (!fs.statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** Since Node 24 `rm` needs a descriptor for whatever it removes recursively, and its error has no code. */
function isDirectory(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function attempt<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw diskErrorOf(error);
  }
}

function attemptAside<T>(operation: Promise<T>): Promise<T> {
  return operation.catch((error: unknown) => {
    throw diskErrorOf(error);
  });
}

/** Errors without an errno are bugs of the caller (a bad argument) and stay what they are. */
function diskErrorOf(error: unknown): unknown {
  if (error instanceof DiskError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined || code.startsWith("ERR_") ? error : new DiskError(code, error.message);
}
