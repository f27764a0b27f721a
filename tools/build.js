// Builds dist/: one bundle an entry point (fewer files to load is most of a fast start), shared chunks, source maps, and
// the type declarations of the library.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

function entriesIn(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({ in: join(path, name), out: join(folder.replace(/^src\//, ""), name.slice(0, -3)) }));
}

/** What starts a server is CommonJS: Node gets to it sooner, and only this form has a code cache. */
const servers = [
  { in: join(root, "src/cli/kafka-server-start.ts"), out: "cli/kafka-server-start" },
  { in: join(root, "src/cli/odradek.ts"), out: "cli/odradek" },
  { in: join(root, "src/cli/server/run-server.ts"), out: "server" },
];

rmSync(dist, { recursive: true, force: true });
const types = spawn(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
const options = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
};
await build({
  ...options,
  entryPoints: [
    { in: join(root, "src/index.ts"), out: "index" },
    // What runs in the threads of `Workers`.
    { in: join(root, "src/worker.ts"), out: "worker" },
    // Every file directly in src/cli is a command; what they share lies in its subfolders.
    ...entriesIn("src/cli").filter(({ out }) => !servers.some((server) => server.out === out)),
    ...entriesIn("bench"),
  ],
  outdir: dist,
  splitting: true,
  format: "esm",
  packages: "external",
});
await build({
  ...options,
  entryPoints: servers,
  outdir: dist,
  outExtension: { ".js": ".cjs" },
  format: "cjs",
  // `import()` needs a loader that code from the cache does not have; `require` is there.
  supported: { "dynamic-import": false },
  external: ["@mongodb-js/zstd", "@node-rs/crc32", "lz4-napi", "snappy"],
  define: { "import.meta.url": "bundleUrl" },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
});
const [code] = types.exitCode === null ? await once(types, "exit") : [types.exitCode];
process.exit(code ?? 1);
