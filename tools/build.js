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

rmSync(dist, { recursive: true, force: true });
const types = spawn(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
await build({
  entryPoints: [
    { in: join(root, "src/index.ts"), out: "index" },
    // What runs in the threads of `Workers`.
    { in: join(root, "src/worker.ts"), out: "worker" },
    // Every file directly in src/cli is a command; what they share lies in its subfolders.
    ...entriesIn("src/cli"),
    ...entriesIn("bench"),
  ],
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
});
const [code] = types.exitCode === null ? await once(types, "exit") : [types.exitCode];
process.exit(code ?? 1);
