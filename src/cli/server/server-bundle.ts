import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { CodeCache } from "./code-cache.ts";
import { type ServerOptions } from "./server-options.ts";

/** The exports of run-server.ts. */
interface ServerModule {
  runServer(options: ServerOptions): Promise<boolean>;
}

/** What the build makes of run-server.ts; this code lies in `dist/cli`. */
const bundleFile = fileURLToPath(new URL("../server.cjs", import.meta.url));

/**
 * Runs the server from its bundle. Compiling that is 40 % of the time that a broker takes to start; so the first start
 * leaves V8's code cache beside it, and the later ones take it from there.
 */
export async function runServerBundle(options: ServerOptions): Promise<void> {
  const cache = new CodeCache(bundleFile);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${cache.source}\n})`, {
    filename: bundleFile,
    ...(cache.code === undefined ? {} : { cachedData: cache.code }),
  });
  const module = { exports: {} as ServerModule };
  const evaluate = script.runInThisContext() as (...scope: readonly unknown[]) => void;
  evaluate(module.exports, createRequire(bundleFile), module, bundleFile, dirname(bundleFile));
  const isRunning = await module.exports.runServer(options);
  // After the start, so that the functions which it ran are in it.
  if (!isRunning) return;
  if (cache.code === undefined || script.cachedDataRejected === true) cache.store(script.createCachedData());
}
