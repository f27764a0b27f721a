import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { TestBroker } from "../../support/broker/test-broker.ts";
import { brokerOn, brokerWith, createTopic, errorsOf, move, send, valuesOf } from "./directories.ts";

/** Two directories of a broker that has stopped, with a topic in them. */
async function formatted(): Promise<{ one: string; two: string; broker: TestBroker }> {
  const { broker, directories } = await brokerWith(["one", "two"]);
  const [one, two] = directories as [string, string];
  await createTopic(broker.port, "t", 2);
  for (const index of [0, 1]) expect(await send(broker, "t", ["before"], index)).toBe(Errors.NONE);
  await broker.stop();
  return { one, two, broker };
}

/** What it says to someone who starts it on these directories: one line, and exit code 1. */
async function refusal(directories: readonly string[], portsOf: TestBroker): Promise<string> {
  const started = brokerOn(directories, "odradek", portsOf).then(
    () => "it started",
    (error: unknown) => String(error),
  );
  const message = await started;
  expect(message).toContain("ended during its start");
  return message;
}

test("directories that do not belong together stop the start, in Kafka's words, and are left as they are", async () => {
  const { one, two, broker } = await formatted();
  const file = join(two, "meta.properties");
  const before = readFileSync(file, "utf8");
  const other = readFileSync(join(one, "meta.properties"), "utf8");
  const cases: [string | undefined, string][] = [
    ["\u0000garbage", `Error: node ID not found in ${two}`],
    ["", `Error: node ID not found in ${two}`],
    [undefined, `No \`meta.properties\` found in ${two} (have you run \`kafka-storage.sh\` to format the directory?)`],
    [
      before.replace(/cluster\.id=.*/, "cluster.id=AAAAAAAAAAAAAAAAAAAABQ"),
      `Invalid cluster.id in: ${file}. Expected `,
    ],
    [before.replace(/node\.id=.*/, "node.id=7"), `Stored node id 7 doesn't match previous node id 1 in ${file}.`],
    [other, "It was the ID of "],
  ];
  for (const [content, message] of cases) {
    if (content === undefined) rmSync(file);
    else writeFileSync(file, content);
    expect(await refusal([one, two], broker)).toContain(message);
    expect(existsSync(file) ? readFileSync(file, "utf8") : undefined).toBe(content);
  }
  writeFileSync(file, before);

  const three = join(one, "..", "three");
  symlinkSync(one, three);
  expect(await refusal([one, three], broker)).toContain("Duplicate directory ID");
  const index = readdirSync(one).find((name) => /^t-\d$/.test(name))!;
  cpSync(join(one, index), join(two, index), { recursive: true });
  expect(await refusal([one, two], broker)).toContain(`Duplicate log directories for ${index} are found in both `);
  rmSync(join(two, index), { recursive: true });
  const again = await brokerOn([one, two], "odradek", broker);
  expect(await send(again.broker, "t", ["x"])).toBe(Errors.NONE);
});

test("a second broker on one of the directories is refused, and the first goes on", async () => {
  const { broker, directories } = await brokerWith(["one", "two"]);
  await createTopic(broker.port, "t", 1);
  for (const directory of directories) {
    const second = TestBroker.start({ target: "odradek", properties: { "log.dirs": directory } }).then(
      (started) => {
        onTestFinished(() => started.remove());
        return "it started";
      },
      (error: unknown) => String(error),
    );
    expect(await second).toContain(
      `Failed to acquire lock on file .lock in ${directory}. A Kafka instance in another process`,
    );
  }
  expect(await send(broker, "t", ["goes on"])).toBe(Errors.NONE);
  expect(await valuesOf(broker, "t")).toEqual(["goes on"]);
});

test("what is no partition is ignored, and a directory that is a file is offline", async () => {
  const { one, two, broker } = await formatted();
  for (const name of ["lost+found", "some-dir", "x-0.0123456789abcdef0123456789abcdef-stray"])
    mkdirSync(join(two, name));
  const three = join(one, "..", "three");
  writeFileSync(three, "no directory");
  const again = await brokerOn([one, two, three], "odradek", broker);
  expect([...(await errorsOf(again.broker)).values()]).toEqual([0, 0, Errors.KAFKA_STORAGE_ERROR]);
  expect(await move(again.broker, "t", three)).toBe(Errors.KAFKA_STORAGE_ERROR);
  for (const index of [0, 1]) expect(await send(again.broker, "t", ["x"], index)).toBe(Errors.NONE);
  expect(readdirSync(two)).toEqual(expect.arrayContaining(["lost+found", "some-dir"]));
});
