import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { nodeDisk as disk, pieceOf, unwritten } from "../../../../src/io/node/node-disk.ts";
import { DiskError, readSlackBytes } from "../../../../src/io/ports.ts";

const folder = mkdtempSync(join(tmpdir(), "odradek-disk-"));
afterAll(() => rmSync(folder, { recursive: true }));

function codeOf(operation: () => unknown): string | undefined {
  try {
    operation();
  } catch (error) {
    expect(error).toBeInstanceOf(DiskError);
    return (error as DiskError).code;
  }
  return undefined;
}

test("tells how much space there is", () => {
  const { totalBytes, usableBytes } = disk.space(folder);
  expect(totalBytes).toBeGreaterThan(1_000_000);
  expect(usableBytes).toBeLessThanOrEqual(totalBytes);
  expect(codeOf(() => disk.space(join(folder, "missing")))).toBe("ENOENT");
});

test("makes a directory with files in it off the event loop, and touches none that is there", async () => {
  const path = join(folder, "made");
  const files = [{ name: "text", text: "version: 0" }, { name: "long", sizeBytes: 4_096 }, { name: "empty" }];
  await disk.mkdirAsync(path);
  await disk.makeFilesAsync(path, files);
  expect(disk.list(path)).toEqual(["empty", "long", "text"]);
  expect(disk.readFile(join(path, "text")).toString()).toBe("version: 0");
  expect([disk.stat(join(path, "long")).sizeBytes, disk.stat(join(path, "empty")).sizeBytes]).toEqual([4_096, 0]);
  const other = [{ name: "text", text: "other" }];
  for (const again of [() => disk.mkdirAsync(path), () => disk.makeFilesAsync(path, other)]) {
    await expect(again()).rejects.toMatchObject({ name: "DiskError", code: "EEXIST" });
  }
  expect(disk.readFile(join(path, "text")).toString()).toBe("version: 0");
  await disk.renameAsync(path, `${path}.aside`);
  expect(disk.list(`${path}.aside`)).toHaveLength(3);
  await expect(disk.renameAsync(path, `${path}.aside`)).rejects.toMatchObject({ name: "DiskError", code: "ENOENT" });
});

test("makes a directory with those above it, once", () => {
  const path = join(folder, "one", "two", "three");
  disk.mkdir(path);
  disk.mkdir(path);
  expect(disk.stat(path).isDirectory).toBe(true);
  writeFileSync(join(folder, "file"), "");
  expect(codeOf(() => disk.mkdir(join(folder, "file")))).toBe("EEXIST");
  expect(codeOf(() => disk.mkdir(join(folder, "file", "below")))).toBe("ENOTDIR");
});

describe("reads off the event loop", () => {
  const path = join(folder, "aside");
  const bytes = Buffer.alloc(300_001);
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 2_654_435_761) >>> 24;
  const places = [
    [0, 4_096],
    [0, 300_001],
    [1, 1],
    [4_095, 70_000],
    [4_096, 4_096],
    [123_457, 98_765],
    [299_000, 4_096],
    [300_000, 10],
    [300_001, 10],
    [400_000, 10],
  ] as const;

  for (const way of ["cached", "direct"] as const) {
    test(`${way}: give what is there, up to the end of the file, into memory of any address`, async ({ skip }) => {
      writeFileSync(path, bytes);
      for (const [position, sizeBytes] of places) {
        const memories = [0, 16, 1_000].map((start) =>
          Buffer.alloc(start + sizeBytes + readSlackBytes).subarray(start),
        );
        for (const memory of memories) {
          const read = await disk.readAsync(path, memory, position, sizeBytes, way).catch((error: unknown) => {
            // Some file systems cannot.
            if (way === "direct" && error instanceof DiskError && error.code === "EINVAL") return undefined;
            throw error;
          });
          if (read === undefined) return skip();
          expect(read.equals(bytes.subarray(position, position + sizeBytes)), `${position}`).toBe(true);
          expect(read.buffer).toBe(memory.buffer);
        }
      }
    });
  }

  test("go on in a file that is renamed or removed meanwhile, and fail for one that is not there", async () => {
    writeFileSync(path, bytes);
    const read = disk.readAsync(path, Buffer.alloc(400_000), 0, 300_001, "cached");
    disk.rename(path, `${path}.deleted`);
    disk.remove(`${path}.deleted`);
    expect((await read).equals(bytes)).toBe(true);
    await expect(disk.readAsync(path, Buffer.alloc(20_000), 0, 10, "direct")).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("files", () => {
  test("what is written at a position is read there", async () => {
    const file = disk.open(join(folder, "positions"), "create");
    file.write([Buffer.from("ab"), Buffer.from("cd"), Buffer.alloc(0), Buffer.from("e")], 3);
    file.write([Buffer.from("f"), Buffer.from("gh")], 8);
    const target = Buffer.alloc(20, "-");
    expect(file.read(target, 0)).toBe(11);
    expect(target.toString()).toBe("\0\0\0abcdefgh---------");
    expect(file.read(Buffer.alloc(5), 8)).toBe(3);
    expect(file.read(Buffer.alloc(0), 0)).toBe(0);
    expect(file.sizeBytes()).toBe(11);
    file.truncate(4);
    expect(file.sizeBytes()).toBe(4);
    file.sync();
    await file.syncAsync();
    file.close();
    file.close();
  });

  test("more slices than one system call takes", () => {
    const file = disk.open(join(folder, "many"), "create");
    const slices = Array.from({ length: 3_000 }, (_, index) => Buffer.from(String(index % 10)));
    file.write(slices, 0);
    file.write(slices, 3_000);
    const target = Buffer.alloc(6_000);
    expect(file.read(target, 0)).toBe(6_000);
    expect(target.equals(Buffer.concat([...slices, ...slices]))).toBe(true);
    file.close();
  });

  test("large writes go out in aligned pieces, on the event loop and beside it", async () => {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    const slices = [bytes.subarray(0, 10), bytes.subarray(10, 150_000), bytes.subarray(150_000)];
    const lengths = (pieces: readonly Buffer[]): number[] => pieces.map(({ length }) => length);
    expect(lengths(pieceOf(slices, 0))).toEqual([10, 65_526]);
    expect(lengths(pieceOf(slices, 65_536 - 10))).toEqual([10]);
    expect(lengths(pieceOf(slices.slice(2), 3 * 65_536))).toEqual([50_000]);
    const file = disk.open(join(folder, "pieces"), "create");
    file.write(slices, 1_000);
    await file.writeAsync(slices, 201_000);
    const target = Buffer.alloc(401_000);
    expect(file.read(target, 0)).toBe(target.length);
    expect(target.equals(Buffer.concat([Buffer.alloc(1_000), bytes, bytes]))).toBe(true);
    file.close();
  });

  test("a short write leaves exactly the bytes that were not taken", () => {
    const slices = ["abc", "", "de", "f"].map((text) => Buffer.from(text));
    const rests = [1, 2, 3, 4, 5, 6].map((written) => Buffer.concat([...unwritten(slices, written)]).toString());
    expect(rests).toEqual(["bcdef", "cdef", "def", "ef", "f", ""]);
    expect(() => unwritten(slices, 0)).toThrow("took no byte");
    expect(unwritten([Buffer.alloc(0)], 0)).toEqual([]);
  });

  test("modes", () => {
    const path = join(folder, "modes");
    expect(codeOf(() => disk.open(path, "read"))).toBe("ENOENT");
    disk.open(path, "readwrite").write([Buffer.from("kept")], 0);
    expect(disk.open(path, "readwrite").sizeBytes()).toBe(4);
    expect(disk.open(path, "read").sizeBytes()).toBe(4);
    expect(disk.open(path, "create").sizeBytes()).toBe(0);
  });

  test.skipIf(process.platform !== "linux")("a full disk is an error with its errno", () => {
    const full = disk.open("/dev/full", "readwrite");
    expect(codeOf(() => full.write([Buffer.from("x")], 0))).toBe("ENOSPC");
    full.close();
  });
});

test("folders", () => {
  const path = join(folder, "a/b");
  disk.mkdir(path);
  disk.mkdir(path);
  disk.writeFileAtomic(join(path, "z"), "old");
  disk.writeFileAtomic(join(path, "z"), Buffer.from("new"));
  disk.writeFileAtomic(join(path, "y"), "");
  expect(disk.list(path)).toEqual(["y", "z"]);
  expect(disk.readFile(join(path, "z")).toString()).toBe("new");
  expect(disk.stat(path).isDirectory).toBe(true);
  expect(disk.stat(join(path, "z"))).toMatchObject({ sizeBytes: 3, isDirectory: false });
  disk.rename(path, join(folder, "c"));
  disk.syncDirectory(folder);
  expect([disk.exists(path), disk.exists(join(folder, "c/y"))]).toEqual([false, true]);
  disk.remove(join(folder, "c"));
  disk.remove(join(folder, "c"));
  expect(disk.exists(join(folder, "c"))).toBe(false);
  expect(codeOf(() => disk.list(path))).toBe("ENOENT");
  expect(codeOf(() => disk.readFile(path))).toBe("ENOENT");
});

describe("lock", () => {
  test("is exclusive, whatever path leads to the file, until it is released", () => {
    const path = join(folder, ".lock");
    const first = disk.lock(path);
    expect(codeOf(() => disk.lock(join(folder, "a/../.lock")))).toBe("ELOCKED");
    const other = disk.lock(join(folder, ".lock-of-another"));
    first.release();
    disk.lock(path).release();
    other.release();
  });

  test("dies with its process, killed or not", async () => {
    const path = join(folder, ".lock-of-killed");
    const lockModule = fileURLToPath(new URL("../../../../src/io/node/node-file-lock.ts", import.meta.url));
    const bundle = join(folder, "lock.mjs");
    const { build } = await import("esbuild");
    await build({ entryPoints: [lockModule], outfile: bundle, bundle: true, format: "esm", platform: "node" });
    const script = join(folder, "holder.mjs");
    writeFileSync(
      script,
      `import { lockFile } from "./lock.mjs"; lockFile(${JSON.stringify(path)}); console.log("held"); setInterval(() => {}, 1000);`,
    );
    const holder = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    expect(codeOf(() => disk.lock(path))).toBe("ELOCKED");
    holder.kill("SIGKILL");
    await once(holder, "exit");
    disk.lock(path).release();
  });

  const hasPython = process.platform === "linux" && spawnSync("python3", ["--version"]).status === 0;
  test.skipIf(!hasPython)("sees the fcntl lock that Java takes (needs python3)", async () => {
    const path = join(folder, ".lock-of-java");
    const holder = spawn(
      "python3",
      [
        "-uc",
        "import fcntl,sys,time; f=open(sys.argv[1],'w'); fcntl.lockf(f, fcntl.LOCK_EX); print('held'); time.sleep(60)",
        path,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await once(holder.stdout, "data");
    expect(codeOf(() => disk.lock(path))).toBe("ELOCKED");
    holder.kill("SIGKILL");
    await once(holder, "exit");
    disk.lock(path).release();
  });
});
