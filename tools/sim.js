// `npm run sim`: seeds over the simulated disk, as many as you like; `npm run sim -- --help` has the flags.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bundle = join(root, ".cache", "sim", "main.mjs");
mkdirSync(dirname(bundle), { recursive: true });
await build({
  entryPoints: [join(root, "test/sim/main.ts")],
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning",
});
process.setSourceMapsEnabled(true);
await import(pathToFileURL(bundle).href);
