import { expect, test } from "vitest";
import { createLogger, type LoggerOptions } from "../../../../src/io/node/node-logger.ts";

function capture(options: LoggerOptions) {
  const lines: string[] = [];
  return { lines, logger: createLogger({ ...options, write: (line) => lines.push(line) }) };
}

test("levels are per component, and hold for the components below", () => {
  const { lines, logger } = capture({ levels: "warn, network=debug,network.quota=silent", format: "json" });
  logger.info({}, "no");
  logger.child("raft").info({}, "no");
  logger.child("raft").warn({ epoch: 3 }, "yes");
  const network = logger.child("network");
  network.debug({}, "yes");
  network.child("listener").debug({}, "yes");
  network.child("quota").error({}, "no");
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    { level: "warn", time: expect.any(String), component: "raft", epoch: 3, msg: "yes" },
    { level: "debug", time: expect.any(String), component: "network", msg: "yes" },
    { level: "debug", time: expect.any(String), component: "network.listener", msg: "yes" },
  ]);
  expect(lines.every((line) => line.endsWith("}\n"))).toBe(true);
});

test("a wrong level stops the start and says what is allowed", () => {
  expect(() => createLogger({ levels: "info,network=loud" })).toThrow(
    'Invalid log level "network=loud": expected one of debug, info, warn, error, silent, or component=level',
  );
});

test("the readable line is Kafka's", () => {
  const { lines, logger } = capture({ format: "text" });
  logger.child("network").info({ peer: "127.0.0.1:4711", reason: "too long", count: 2 }, "Closed");
  logger.error({ error: new TypeError("broken") }, "Failed");
  expect(lines[0]).toMatch(
    /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}] INFO Closed peer=127\.0\.0\.1:4711 reason="too long" count=2 \(network\)\n$/,
  );
  expect(lines[1]).toMatch(/] ERROR Failed: TypeError: broken\n {4}at /);
});

test("an error's type is its name, whatever a bundler made of its class's", () => {
  const { lines, logger } = capture({ format: "json" });
  const Renamed = class _DiskError extends Error {
    override readonly name = "DiskError";
  };
  logger.error({ error: new Renamed("full") }, "Failed");
  logger.error({ error: new (class Nameless extends Error {})("odd") }, "Failed");
  logger.error({ error: "only text" }, "Failed");
  expect(lines.map((line) => (JSON.parse(line) as { error: unknown }).error)).toEqual([
    { type: "DiskError", name: "DiskError", message: "full", stack: expect.any(String) },
    { type: "Nameless", message: "odd", stack: expect.any(String) },
    "only text",
  ]);
});
