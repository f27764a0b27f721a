import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Script } from "node:vm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CodeCache } from "../../../../src/cli/server/code-cache.ts";

let folder: string;
let source: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "odradek-code-cache-"));
  source = join(folder, "program.cjs");
  writeFileSync(source, "(function () { return 42; })");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Compiles the program as the server is, and leaves its cache. */
function compileAndStore(): void {
  const cache = new CodeCache(source);
  const script = new Script(cache.source);
  (script.runInThisContext() as () => number)();
  cache.store(script.createCachedData());
}

test("what was stored is accepted by V8 in the next start", () => {
  expect(new CodeCache(source).code).toBeUndefined();
  compileAndStore();
  const { source: program, code } = new CodeCache(source);
  const script = new Script(program, { cachedData: code as Buffer });
  expect(script.cachedDataRejected).toBe(false);
  expect((script.runInThisContext() as () => number)()).toBe(42);
});

test("a cache of another program of the same length is not used", () => {
  compileAndStore();
  writeFileSync(source, "(function () { return 43; })");
  expect(new CodeCache(source).code).toBeUndefined();
});

test("a damaged or torn cache is not used", () => {
  compileAndStore();
  const file = `${source}.cache`;
  const good = readFileSync(file);
  for (const at of [0, 32, 40, good.length - 1]) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] as number) ^ 0x10;
    writeFileSync(file, bad);
    expect(new CodeCache(source).code, `byte ${at}`).toBeUndefined();
  }
  for (const size of [0, 31, 32, good.length - 1]) {
    writeFileSync(file, good.subarray(0, size));
    expect(new CodeCache(source).code, `${size} bytes`).toBeUndefined();
  }
});

test("a cache that cannot be written leaves nothing and stops nobody", () => {
  mkdirSync(`${source}.cache`);
  compileAndStore();
  expect(new CodeCache(source).code).toBeUndefined();
  expect(readdirSync(folder).sort()).toEqual(["program.cjs", "program.cjs.cache"]);
});
