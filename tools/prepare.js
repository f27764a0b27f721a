// Set-up before `npm start`, `npm test`, `npm run check`, `npm run interop` and `npm run bench`: installs from the lock
// file and builds, each only when missing or stale. Node built-ins only, since nothing may be installed yet.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`odradek needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}

function run(command, args) {
  // npm is a script (npm.cmd) on Windows, which only a shell starts.
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (result.status !== 0) {
    console.error(`\`${command} ${args.join(" ")}\` failed; see above.`);
    process.exit(result.status ?? 1);
  }
}

/** A hash over names, sizes and times: cheap enough to look at before each start. */
function fingerprint(paths) {
  const hash = createHash("sha256");
  const visit = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const path of paths) visit(join(root, path));
  return hash.digest("hex");
}

function stale(stamp, current) {
  return !existsSync(stamp) || readFileSync(stamp, "utf8") !== current;
}

const lockHash = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const installStamp = join(root, "node_modules", ".odradek-installed");
if (stale(installStamp, `${lockHash} ${major}`)) {
  console.error("Installing packages from the lock file …");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(installStamp, `${lockHash} ${major}`);
}

const buildStamp = join(root, "dist", ".odradek-built");
const sources = fingerprint(["src", "bench", "tools/build.js", "tsconfig.json", "package-lock.json"]);
if (stale(buildStamp, sources)) {
  console.error("Building …");
  run(process.execPath, ["tools/build.js"]);
  writeFileSync(buildStamp, sources);
}
