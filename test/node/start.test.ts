import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { call } from "../../bench/harness/admin.ts";
import { apis } from "../../src/protocol/apis.ts";
import { freePort } from "../support/broker/free-ports.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { type Finished, runProcess } from "../support/run-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const command = fileURLToPath(new URL("../../bin/odradek.cjs", import.meta.url));

/** Runs `odradek` as it comes, on ports of its own; what starts although it should not is killed. */
async function odradek(dataDirectory: string, ...overrides: string[]): Promise<Finished> {
  const [port, controllerPort] = [await freePort(), await freePort()];
  const own = [
    `log.dirs=${dataDirectory}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    `controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}`,
    ...overrides,
  ];
  return runProcess(process.execPath, [command, ...own.map((override) => `--override=${override}`)], {
    timeoutMs: 90_000,
  });
}

/** One message for a person and exit code 1: no stack, and nothing that started. */
function expectRefusal({ code, stdout, stderr }: Finished, message: RegExp | string): void {
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) as string });
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(stdout).not.toContain("Odradek is ready");
}

async function running(options: Parameters<typeof TestBroker.start>[0] = {}): Promise<TestBroker> {
  const broker = await TestBroker.start({ target: "odradek", ...options });
  onTestFinished(() => broker.remove());
  return broker;
}

/** Directories of a cluster that was there. */
async function formatted(): Promise<string> {
  const dataDirectory = temporaryDirectory();
  const broker = await running({ dataDirectory });
  await broker.stop();
  return dataDirectory;
}

test.each([
  ["num.io.threads=0", /Invalid value 0 for configuration num\.io\.threads: Value must be at least 1/],
  [
    "log.cleanup.policy=shred",
    /Invalid value .*shred.* for configuration log\.cleanup\.policy: .*\bcompact\b.*\bdelete\b/,
  ],
  [
    "auto.create.topics.enable=maybe",
    /Invalid value maybe for configuration auto\.create\.topics\.enable: .*true or false/,
  ],
  ["listeners=PLAINTEXT://:port", /listeners/],
  ["process.roles=broker", /process\.roles/],
  [
    "listener.security.protocol.map=PLAINTEXT:SASL_SSL,CONTROLLER:PLAINTEXT",
    /Listener PLAINTEXT of listeners has the security protocol SASL_SSL, which Odradek does not serve yet/,
  ],
])("%s: the start stops with the key, the value and what is allowed", async (override, message) => {
  const dataDirectory = join(temporaryDirectory(), "data");
  expectRefusal(await odradek(dataDirectory, override), message);
  expect(existsSync(dataDirectory)).toBe(false);
});

test.each([
  [
    "/dev/null",
    /^Invalid value \/dev\/null for configuration log\.dirs: the directory cannot be read \(ENOTDIR.*\); it must be a directory that this process can read and write\n$/,
  ],
  [
    "/dev/null/below",
    /^Invalid value \/dev\/null\/below for configuration log\.dirs: the directory cannot be created \(ENOTDIR/,
  ],
  // Where the system says that the directory above is missing, whatever is tried.
  [
    "/proc/no/such",
    /^Invalid value \/proc\/no\/such for configuration log\.dirs: the directory cannot be created \(ENOENT/,
  ],
])("log.dirs=%s: the start stops with the key and what is wrong with the place", async (path, message) => {
  expectRefusal(await odradek(path), message);
});

test("an unknown key is a warning; KAFKA_ variables win over the file", async () => {
  vi.stubEnv("KAFKA_NUM_PARTITIONS", "4");
  vi.stubEnv("KAFKA_NO_SUCH__KEY", "5");
  onTestFinished(() => void vi.unstubAllEnvs());
  const broker = await running({ properties: { "num.partitions": "2", "another.key": "x" } });
  const created = await call(broker.port, apis.createTopics, 7, {
    topics: [{ name: "a", numPartitions: -1, replicationFactor: -1 }],
  });
  expect(created.topics[0]).toMatchObject({ errorCode: 0, numPartitions: 4 });
  for (const key of ["another.key", "no.such_key"]) {
    const lines = broker.log.split("\n").filter((line) => line.includes(key));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      level: "warn",
      msg: expect.stringContaining("Unknown") as string,
    });
  }
});

test("a port that is in use", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const dataDirectory = join(temporaryDirectory(), "data");
  const listeners = `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${await freePort()}`;
  expectRefusal(await odradek(dataDirectory, listeners), `Socket server failed to bind to 127.0.0.1:${port}: .*in use`);
  expect(existsSync(dataDirectory)).toBe(false);
});

test("a directory that another broker uses: the other one goes on", async () => {
  const dataDirectory = temporaryDirectory();
  const broker = await running({ dataDirectory });
  const second = await odradek(dataDirectory);
  expectRefusal(second, `Failed to acquire lock on file .lock in ${dataDirectory}`);
  expect((await call(broker.port, apis.metadata, 12, { topics: [] })).brokers).toHaveLength(1);
});

test("a directory of another node", async () => {
  const dataDirectory = await formatted();
  expectRefusal(await odradek(dataDirectory, "node.id=5"), "Stored node id 1 doesn't match previous node id 5");
});

test("directories of two clusters", async () => {
  const [left, right] = [await formatted(), await formatted()];
  expectRefusal(
    await odradek(`${left},${right}`),
    /Invalid cluster\.id in: .*meta\.properties\. Expected \S+, but read \S+/,
  );
});

test.each([
  ["garbage", Buffer.from("\u0000\u0001=garbage\n\\u12"), /\S/],
  ["nothing", Buffer.alloc(0), /\S/],
  ["a version to come", Buffer.from("version=7\ncluster.id=AAAAAAAAAAAAAAAAAAAAAQ\nnode.id=1\n"), "version number 7"],
])("a meta.properties with %s", async (_, content, message) => {
  const dataDirectory = temporaryDirectory();
  writeFileSync(join(dataDirectory, "meta.properties"), content);
  expectRefusal(await odradek(dataDirectory), message);
  expect(readFileSync(join(dataDirectory, "meta.properties"))).toEqual(content);
  expect(readdirSync(dataDirectory)).toEqual(["meta.properties"]);
});

test("a path that is no directory, or lies below none", async () => {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, "");
  expectRefusal(await odradek(file), /\S/);
  expectRefusal(await odradek(join(file, "data")), `ENOTDIR.*${file}`);
});

// Nothing is read-only to root.
test.skipIf(process.getuid?.() === 0 || process.platform === "win32")("a directory that is read-only", async () => {
  const dataDirectory = join(temporaryDirectory(), "read-only");
  mkdirSync(dataDirectory);
  chmodSync(dataDirectory, 0o555);
  expectRefusal(await odradek(dataDirectory), `EACCES.*${dataDirectory}`);
});
