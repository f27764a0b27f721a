import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = resolve(dirname(fileURLToPath(import.meta.url)), "../../src");

/** The layers of ARCHITECTURE.md. Imports only go down; two areas on one layer never import each other. */
const layerOfArea: Record<string, number> = {
  base: 0,
  io: 0,
  protocol: 1,
  config: 1,
  log: 2,
  raft: 2,
  metadata: 2,
  controller: 3,
  replication: 3,
  coordinator: 3,
  security: 3,
  tiered: 3,
  server: 4,
  admin: 5,
  cli: 6,
  "index.ts": 6,
  "worker.ts": 6,
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const specifiers = [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)"(\.[^"]+)"/gm)].map(
    (match) => match[1] ?? "",
  );
  return specifiers.map((specifier) => ({
    from: relative(source, file),
    to: relative(source, resolve(dirname(file), specifier)),
  }));
}

function areaOf(path: string): string {
  return path.split("/")[0] ?? path;
}

function violationOf({ from, to }: Import): string | undefined {
  const fromArea = areaOf(from);
  const toArea = areaOf(to);
  const fromLayer = layerOfArea[fromArea];
  const toLayer = layerOfArea[toArea];
  if (fromLayer === undefined) return `${from}: "${fromArea}" is on no layer`;
  if (toLayer === undefined) return `${from} imports ${to}, which is on no layer`;
  if (to.startsWith("io/node/")) {
    // The real ports are picked by entry points alone; everything else gets them passed in.
    return from.startsWith("io/node/") || fromLayer === 6 ? undefined : `${from} picks a real port: ${to}`;
  }
  if (fromArea === toArea) return undefined;
  // The ports are mere interfaces, and base is pure: every layer, and either of the two, may use them.
  if (toLayer === 0) return undefined;
  return toLayer < fromLayer ? undefined : `${from} (layer ${fromLayer}) imports ${to} (layer ${toLayer})`;
}

test("imports only go down, and peers on one layer do not know each other", () => {
  const imports = filesUnder(source)
    .filter((file) => file.endsWith(".ts"))
    .flatMap(importsOf);
  expect(imports.length).toBeGreaterThan(100);
  expect(imports.map(violationOf).filter((violation) => violation !== undefined)).toEqual([]);
});

test("the rule sees an arrow that points up, and one between peers", () => {
  expect(violationOf({ from: "log/log.ts", to: "server/node.ts" })).toBeDefined();
  expect(violationOf({ from: "log/log.ts", to: "raft/driver.ts" })).toBeDefined();
  expect(violationOf({ from: "server/node.ts", to: "io/node/node-disk.ts" })).toBeDefined();
  expect(violationOf({ from: "server/node.ts", to: "log/log.ts" })).toBeUndefined();
});
