import { expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { alterLoggers } from "../../../src/server/broker-loggers.ts";

function setUp() {
  const levels = new Map([
    ["root", "INFO"],
    ["network", "INFO"],
  ]);
  const loggers = {
    levels: () => levels,
    setLevel: (name: string, level: string | undefined) =>
      level === undefined ? void levels.delete(name) : void levels.set(name, level),
  };
  return { levels, loggers };
}

const set = (name: string, value: string) => ({ name, value, configOperation: 0 });

test("levels are set and taken away", () => {
  const { levels, loggers } = setUp();
  const changes = [set("root", "WARN"), { name: "network", value: null, configOperation: 1 }];
  expect(alterLoggers(loggers, 1, "1", changes, false)).toBeUndefined();
  expect([...levels]).toEqual([["root", "WARN"]]);
});

test("nothing changes when one of the changes is wrong, or when it is only checked", () => {
  const { levels, loggers } = setUp();
  const failure = alterLoggers(loggers, 1, "1", [set("root", "WARN"), set("none", "WARN")], false);
  expect(failure).toEqual({ errorCode: Errors.INVALID_CONFIG, errorMessage: "Logger none does not exist!" });
  expect(alterLoggers(loggers, 1, "1", [set("root", "WARN")], true)).toBeUndefined();
  expect(levels.get("root")).toBe("INFO");
});

test("where levels are fixed, the client is told so", () => {
  const { loggers } = setUp();
  expect(alterLoggers({ levels: loggers.levels }, 1, "1", [set("root", "WARN")], true)).toMatchObject({
    errorCode: Errors.INVALID_REQUEST,
  });
});
