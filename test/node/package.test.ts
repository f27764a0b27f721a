import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runProcess } from "../support/run-process.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const textOf = (path: string) => readFileSync(join(root, path), "utf8");

/** The paths that a document links to, as long as they are not on the web. */
function linksOf(document: string): string[] {
  const targets = [...textOf(document).matchAll(/\]\(([^):#]+)\)/g)].map(([, target]) => target!);
  return targets.map((target) => join(dirname(document), target));
}

/** The declarations that one reaches, itself included. */
function declarationsFrom(path: string): string[] {
  const imported = [...textOf(path).matchAll(/from "(\.[^"]+)\.ts"/g)].map(([, specifier]) => specifier!);
  return [path, ...imported.flatMap((specifier) => declarationsFrom(join(dirname(path), `${specifier}.d.ts`)))];
}

test("the package has what its documents link to, the declarations of its entry, and nothing of the house", async () => {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { stdout } = await runProcess(npm, ["pack", "--dry-run", "--ignore-scripts", "--json"], {
    cwd: root,
    timeoutMs: 150_000,
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  const wanted = [
    ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "config/README.md"].flatMap(linksOf),
    ...declarationsFrom("dist/types/index.d.ts"),
    "bin/odradek.cjs",
    "bin/kafka-topics.sh",
    "config/server.properties",
    "dist/cli/odradek.cjs",
    "dist/index.js",
    "dist/worker.js",
  ];
  expect(wanted.filter((path) => !paths.includes(path))).toEqual([]);
  const house = /^(src|test|tools|dist\/bench|dist\/types\/(?!index|config\/config-key))|\.map$/;
  expect(paths.filter((path) => house.test(path))).toEqual([]);
});
