import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const share = 0.6;
/** More than a turn of a broker uses at once. */
const sizeBytesMax = 6e9;

/** Touches every page of one large block after the other, then ends. */
const program = `
const pageBytes = 4096, blockBytes = 2 ** 28;
const blocks = [];
for (let left = Number(process.argv[1]); left >= blockBytes; left -= blockBytes) {
  const block = Buffer.allocUnsafeSlow(blockBytes);
  for (let at = 0; at < blockBytes; at += pageBytes) block[at] = 1;
  blocks.push(block);
}`;

/**
 * Uses most of the free memory once. A virtual machine gets its memory from the host at the first touch, which costs more
 * than any write to the page cache: whoever runs first would be measured with the host.
 */
export function warmMemory(): void {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  if (available === undefined) return;
  const sizeBytes = Math.min(sizeBytesMax, Math.floor(Number(available) * 1024 * share));
  spawnSync(process.execPath, ["-e", program, String(sizeBytes)], { stdio: "ignore", timeout: 180_000 });
}
