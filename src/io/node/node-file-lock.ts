import * as fs from "node:fs";
import { createServer } from "node:net";
import { DiskError, type FileLock } from "../ports.ts";

/**
 * An exclusive lock on a file that the operating system gives back when its holder dies, however it dies, so that a
 * `kill -9` leaves nothing to clean up and nothing to guess from a process id that may be someone else's by now.
 *
 * Node offers neither fcntl nor flock. What it does offer:
 *
 * - Linux: a listening socket in the abstract namespace. Its name is gone with its process, two processes cannot have
 *   it, and taking it is one atomic call. The name is the file's device and inode, so it does not matter by which path
 *   (symbolic link, bind mount) the file was reached. Java's broker takes an fcntl lock on the same file instead; it is
 *   seen in /proc/locks. Not covered: two containers with network namespaces of their own that share a volume, and a
 *   Java broker that starts after us.
 * - macOS, BSD: `open` with O_EXLOCK, which conflicts with fcntl locks too.
 * - Windows: `open` without sharing.
 *
 * @throws DiskError with code ELOCKED when another holder is alive (also one in this process)
 */
export function lockFile(path: string): FileLock {
  return process.platform === "linux" ? lockBySocket(path) : lockByOpen(path);
}

function lockBySocket(path: string): FileLock {
  const descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644);
  const { dev, ino } = fs.fstatSync(descriptor, { bigint: true });
  if (isLockedByFcntl(dev, ino)) {
    fs.closeSync(descriptor);
    throw locked(path);
  }
  const server = createServer((socket) => socket.destroy());
  // The failure is known when listen returns; the event that tells it again must only not be unhandled.
  server.on("error", () => {});
  server.listen(`\0odradek-lock-${dev}-${ino}`);
  if (!server.listening) {
    fs.closeSync(descriptor);
    throw locked(path);
  }
  server.unref();
  return {
    release(): void {
      server.close();
      fs.closeSync(descriptor);
    },
  };
}

function isLockedByFcntl(device: bigint, inode: bigint): boolean {
  // Lines such as "1: POSIX  ADVISORY  WRITE 4711 fe:00:131074 0 EOF": the device in hexadecimal, the inode in decimal.
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  const hex = (number: bigint): string => number.toString(16).padStart(2, "0");
  const file = ` ${hex(major)}:${hex(minor)}:${inode} `;
  let locks = "";
  try {
    locks = fs.readFileSync("/proc/locks", "latin1");
  } catch {
    // Without /proc there is nothing to learn about Java's lock; our own lock does not depend on it.
  }
  return locks.split("\n").some((line) => line.includes(" POSIX ") && line.includes(file));
}

function lockByOpen(path: string): FileLock {
  const withoutSharing = process.platform === "win32" ? 0x10000000 : 0x20;
  const flags = fs.constants.O_RDWR | fs.constants.O_CREAT | (fs.constants.O_NONBLOCK ?? 0) | withoutSharing;
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, flags, 0o644);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN" || code === "EWOULDBLOCK" || code === "EBUSY") throw locked(path);
    throw error;
  }
  return { release: () => fs.closeSync(descriptor) };
}

function locked(path: string): DiskError {
  return new DiskError("ELOCKED", `${path} is locked: another broker is using this directory`);
}
