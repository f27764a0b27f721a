import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Files that look for others beside them find them, wherever the bundle lies. */
const keepingUrls = {
  name: "keeping-urls",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: source.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)), loader: "ts" };
    });
  },
};

/** Runs a program in TypeScript that is part of the tests, without the test runner. */
export async function runBundled(entry) {
  const folder = join(root, ".cache", basename(dirname(entry)));
  mkdirSync(folder, { recursive: true });
  const bundle = join(folder, "main.mjs");
  await build({
    entryPoints: [join(root, entry)],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    packages: "external",
    plugins: [keepingUrls],
    sourcemap: "inline",
    logLevel: "warning",
  });
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(bundle).href);
}
