import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Kafka, logLevel } from "kafkajs";
import { expect, onTestFinished, test } from "vitest";
import { type Broker, type BrokerOptions, ConfigError, startBroker } from "../../src/index.ts";
import { runProcess } from "../support/run-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

async function started(options?: BrokerOptions): Promise<Broker> {
  const broker = await startBroker(options);
  onTestFinished(() => broker.close());
  return broker;
}

const clientOf = ({ bootstrapServers }: Broker) =>
  new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING, retry: { retries: 20, initialRetryTime: 20 } });

async function produce(broker: Broker, topic: string, values: readonly string[]): Promise<void> {
  const producer = clientOf(broker).producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

/** The first `count` values, in the order of the log. */
async function consume(broker: Broker, topic: string, count: number): Promise<string[]> {
  const consumer = clientOf(broker).consumer({ groupId: `readers-of-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer.on("consumer.crash", ({ payload }) => (payload.restart ? undefined : reject(payload.error)));
    void consumer.run({
      eachMessage: async ({ message }) => {
        if (values.push(String(message.value)) >= count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return values;
}

/** Whether somebody listens there. */
function isServed({ host, port }: Broker): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

test("a broker on a port of its own keeps records in a temporary directory, which close removes", async () => {
  const broker = await started();
  expect(broker.port).toBeGreaterThan(0);
  expect(broker.bootstrapServers).toBe(`127.0.0.1:${broker.port}`);
  expect(readFileSync(join(broker.dataDirectory, "meta.properties"), "utf8")).toContain(
    `cluster.id=${broker.clusterId}\n`,
  );
  await produce(broker, "a", ["one", "two"]);
  expect(await consume(broker, "a", 2)).toEqual(["one", "two"]);
  expect(existsSync(join(broker.dataDirectory, "a-0"))).toBe(true);

  expect(await isServed(broker)).toBe(true);
  await Promise.all([broker.close(), broker.close()]);
  expect(await isServed(broker)).toBe(false);
  expect(existsSync(broker.dataDirectory)).toBe(false);
});

test("two brokers in one process know nothing of each other", async () => {
  const [left, right] = await Promise.all([started(), started()]);
  expect(left.port).not.toBe(right.port);
  expect(left.clusterId).not.toBe(right.clusterId);
  await Promise.all([produce(left, "same", ["left"]), produce(right, "same", ["right"])]);
  expect(await Promise.all([consume(left, "same", 1), consume(right, "same", 1)])).toEqual([["left"], ["right"]]);
  await left.close();
  await produce(right, "same", ["still here"]);
});

test("what is in a given directory is there again at the next start", async () => {
  const dataDirectory = join(temporaryDirectory(), "made", "on demand");
  const first = await started({ dataDirectory });
  await produce(first, "kept", ["before"]);
  await first.close();
  expect(readdirSync(dataDirectory)).toContain(".kafka_cleanshutdown");

  const second = await started({ dataDirectory, config: { "num.partitions": 3 } });
  expect(second.clusterId).toBe(first.clusterId);
  await produce(second, "kept", ["after"]);
  expect(await consume(second, "kept", 2)).toEqual(["before", "after"]);
  await second.close();
});

test("a directory has one broker at a time, and stays usable when another was refused", async () => {
  const dataDirectory = temporaryDirectory();
  const broker = await started({ dataDirectory });
  await expect(startBroker({ dataDirectory })).rejects.toThrow(/locked|in use|using this directory/i);
  await produce(broker, "a", ["x"]);
  await broker.close();
  const next = await started({ dataDirectory });
  expect(await consume(next, "a", 1)).toEqual(["x"]);
});

test("of two that start at once on one new directory one gets it, and the other takes nothing from it", async () => {
  const dataDirectory = join(temporaryDirectory(), "new");
  const starts = await Promise.allSettled([startBroker({ dataDirectory }), startBroker({ dataDirectory })]);
  const brokers = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  onTestFinished(async () => void (await Promise.all(brokers.map((broker) => broker.close()))));
  const errors = starts.flatMap((start) => (start.status === "rejected" ? [String(start.reason)] : []));
  expect(errors).toEqual([expect.stringContaining("Failed to acquire lock on file .lock in ")]);
  const [broker] = brokers;
  await broker?.close();
  expect((await started({ dataDirectory })).clusterId).toBe(broker?.clusterId);
});

test("a configuration that is no good rejects, and leaves nothing", async () => {
  const dataDirectory = join(temporaryDirectory(), "never");
  const bad = startBroker({ dataDirectory, config: { "log.segment.bytes": "many" } });
  await expect(bad).rejects.toBeInstanceOf(ConfigError);
  await expect(bad).rejects.toThrow("Invalid value many for configuration log.segment.bytes");
  const misspelt = startBroker({ dataDirectory, config: { "log.segment.byte": 1024, "num.partitions": 2 } });
  await expect(misspelt).rejects.toBeInstanceOf(ConfigError);
  await expect(misspelt).rejects.toThrow('Unknown configuration "log.segment.byte": Kafka has no such key');
  expect(existsSync(dataDirectory)).toBe(false);
});

test.each([
  [{ prot: 1 }, 'startBroker has no option "prot": it takes port, host, dataDirectory, config, logLevel'],
  [{ port: "9092" }, 'Invalid value "9092" for the option "port" of startBroker: it takes an integer from 0 to 65535'],
  [{ port: 65_536 }, 'Invalid value 65536 for the option "port"'],
  [{ host: "" }, 'Invalid value "" for the option "host"'],
  [{ config: ["a=b"] }, 'Invalid value ["a=b"] for the option "config"'],
  [{ config: { "num.partitions": null } }, "Invalid value null for configuration num.partitions"],
  [{ config: { "log.dirs": ["a", "b"] } }, "with commas between them"],
  [
    { dataDirectory: "a", config: { "log.dirs": "b" } },
    'The option "dataDirectory" of startBroker and "log.dirs" of its',
  ],
  [{ port: 1, config: { listeners: "A://:1" } }, 'The option "port" of startBroker and "listeners" of its config'],
  [null, "startBroker takes an object with any of port, host, dataDirectory, config, logLevel, or nothing, not null"],
  [[9092], "or nothing, not [9092]"],
  ["localhost:9092", 'or nothing, not "localhost:9092"'],
])("%j is refused in words", async (options, message) => {
  const start = startBroker(options as unknown as BrokerOptions);
  await expect(start).rejects.toBeInstanceOf(ConfigError);
  await expect(start).rejects.toThrow(message);
});

test("what is undefined counts as not given", async () => {
  const config = { "num.partitions": undefined, "log.dirs": undefined };
  const { port } = await started({
    port: undefined,
    host: undefined,
    dataDirectory: undefined,
    logLevel: undefined,
    config,
  });
  expect(port).toBeGreaterThan(0);
});

test("directories and listeners may come with the configuration", async () => {
  const folder = temporaryDirectory();
  const directories = [join(folder, "one"), join(folder, "two")];
  const broker = await started({
    config: {
      "log.dirs": directories.join(),
      listeners: "INSIDE://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
      "listener.security.protocol.map": "INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
      "inter.broker.listener.name": "INSIDE",
    },
  });
  expect(broker).toMatchObject({ host: "127.0.0.1", dataDirectory: directories[0] });
  await produce(broker, "a", ["one"]);
  await broker.close();
  expect(directories.every((directory) => existsSync(join(directory, "meta.properties")))).toBe(true);
});

test("a broker that could not start gives its directory back", async () => {
  const dataDirectory = temporaryDirectory();
  const other = await started();
  await expect(startBroker({ dataDirectory, port: other.port })).rejects.toThrow("failed to bind");
  expect(readdirSync(dataDirectory)).toEqual([]);
  await (await started({ dataDirectory })).close();
  // The directory is formatted: that the listener's port is taken shows when the logs are open.
  await expect(startBroker({ dataDirectory, port: other.port })).rejects.toThrow("failed to bind");
  const broker = await started({ dataDirectory });
  await produce(broker, "a", ["x"]);
  await broker.close();

  // A clean-shutdown marker that cannot be read: the start fails right behind the lock.
  const marker = join(dataDirectory, ".kafka_cleanshutdown");
  expect(existsSync(marker)).toBe(true);
  rmSync(marker);
  mkdirSync(join(marker, "full"), { recursive: true });
  await expect(startBroker({ dataDirectory })).rejects.toThrow();
  rmSync(marker, { recursive: true });
  const again = await started({ dataDirectory });
  expect(await consume(again, "a", 1)).toEqual(["x"]);
});

const usesThePackage = `
  import { readdirSync } from "node:fs";
  import { tmpdir } from "node:os";
  import { startBroker } from "odradek";
  const broker = await startBroker();
  const { dataDirectory } = broker;
  await broker.close();
  process.on("exit", () => console.log(JSON.stringify({ dataDirectory, left: readdirSync(tmpdir()) })));
`;

test("the package's entry works by its name, and a process that closed its broker ends by itself", async () => {
  const folder = temporaryDirectory();
  const { code, stdout, stderr } = await runProcess(
    process.execPath,
    ["--input-type=module", "--unhandled-rejections=strict", "-e", usesThePackage],
    { cwd: root, env: { ...process.env, TMPDIR: folder }, timeoutMs: 90_000 },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { dataDirectory, left } = JSON.parse(stdout) as { dataDirectory: string; left: string[] };
  expect(dataDirectory.startsWith(folder)).toBe(true);
  expect(left).toEqual([]);
});

test("the package brings the types of its entry", () => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: { ".": { types: string; default: string } };
  };
  expect(existsSync(join(root, exports["."].default))).toBe(true);
  expect(readFileSync(join(root, exports["."].types), "utf8")).toContain("export declare function startBroker(");
});

const command = (...args: string[]) => runProcess(process.execPath, [join(root, "bin/odradek.cjs"), ...args]);

test("the command tells its version and its options", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(await command("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  const { code, stdout } = await command("--help");
  expect(code).toBe(0);
  expect(stdout).toContain("--override name=value");
  expect(await command("--nonsense")).toEqual({
    code: 1,
    stdout: "",
    stderr: "Unknown option --nonsense\nSee odradek --help.\n",
  });
});
