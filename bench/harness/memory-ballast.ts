import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { signalGroup, trackProcess } from "./cleanup.ts";

/** More than a turn of a broker uses at once. */
const sizeBytesMaxDefault = 32e9;
/** Left for whoever needs memory while the ballast is laid. */
const share = 0.9;

/** Touches pages in the order in which the system has them, and keeps one of 32 of them: one in each 128 KB. */
const program = `
const pageBytes = 4096, blockBytes = 2 ** 28, pagesPerKept = 31;
let blocks = [];
const blockCount = Math.floor(Number(process.argv[1]) / blockBytes);
const keptBytesPerBlock = Math.ceil(blockBytes / pageBytes / pagesPerKept) * pageBytes;
const kept = Buffer.allocUnsafeSlow(blockCount * keptBytesPerBlock);
let keptAt = 0;
while (blocks.length < blockCount) {
  const block = Buffer.allocUnsafeSlow(blockBytes);
  for (let at = 0, page = 0; at < blockBytes; at += pageBytes, page++) {
    block[at] = 1;
    if (page % pagesPerKept > 0) continue;
    kept[keptAt] = 1;
    keptAt += pageBytes;
  }
  blocks.push(block);
}
blocks = [];
gc();
// What was collected is given back by another thread.
const timer = setInterval(() => {
  if (process.memoryUsage.rss() > kept.length + 2e8) return;
  clearInterval(timer);
  process.stdout.write("laid");
}, 100);
process.stdin.on("end", () => process.exit(kept[0] - 1)).resume();`;

/**
 * Keeps the machine's free memory in small pieces for as long as it is held, at the cost of three hundredths of it.
 *
 * A virtual machine may get its memory from the host at the first touch, which costs ten times what a write to the page cache
 * does (2 to 3 s/GB instead of 0.3), and give back within a second what lies free in large blocks. Whoever writes then pays
 * for the host, and how much depends on what was freed before in which sizes. Small blocks are not given back, so what
 * was touched once stays with the machine, for every broker alike. It is no place for anything else: who takes memory in large
 * pieces, to start or to read past the page cache, finds none.
 */
export class MemoryBallast {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** Takes up to a minute on a machine whose memory is not there yet. */
  static async lay(sizeBytesMax = sizeBytesMaxDefault): Promise<MemoryBallast> {
    const available = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1] ?? 0;
    const sizeBytes = Math.min(sizeBytesMax, Number(available) * 1024 * share);
    const child = spawn(process.execPath, ["--expose-gc", "-e", program, String(sizeBytes)], {
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    });
    trackProcess(child);
    await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
    return new MemoryBallast(child);
  }

  release(): void {
    signalGroup(this.#process, "SIGKILL");
  }
}
