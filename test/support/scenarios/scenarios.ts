import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Step {
  /** Comment lines and empty ones before the command. */
  readonly before: string;
  readonly command: string;
  readonly expected: string;
}

/** One run of a scenario: does what the commands say, and tells what came of it. */
export interface ScenarioRun {
  start(): Promise<void>;
  /** What the command makes happen, one line each. */
  run(command: string): Promise<string>;
  /** What the log, loaded anew, says and what is in memory. */
  compare(): Promise<{ loaded: object; live: object }>;
}

/**
 * Tests of the scenarios in a folder: in each file a command, `----`, what it makes happen, an empty line. UPDATE=1 writes what
 * happens now into the files; read the difference as you read code. After every command the log, loaded anew, must say what
 * is in memory.
 * @param start makes a run with what stands behind `config` in the file
 */
export function testScenarios(folder: URL, start: (config: string) => ScenarioRun): void {
  const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));
  test.each(files)("%s", async (file) => {
    const { config, steps, tail } = parse(readFileSync(new URL(file, folder), "utf8"));
    const scenario = start(config);
    await scenario.start();
    let text = "";
    let isHeld = false;
    for (const { before, command, expected } of steps) {
      const actual = await scenario.run(command);
      text += `${before}${command}\n----\n${actual}\n`;
      if (process.env["UPDATE"] === undefined) expect(actual, `${file}: ${command}`).toBe(expected);
      if (command === "hold") isHeld = true;
      if (command === "release" || command === "reload") isHeld = false;
      if (isHeld) continue;
      const { loaded, live } = await scenario.compare();
      expect(loaded, `${file}: the log after ${command}`).toEqual(live);
    }
    if (process.env["UPDATE"] !== undefined) writeFileSync(new URL(file, folder), text + tail);
  });
  test("there are scenarios", () => {
    expect(files.length).toBeGreaterThan(5);
  });
}

function parse(text: string): { config: string; steps: Step[]; tail: string } {
  const lines = text.split("\n");
  const steps: Step[] = [];
  let config = "";
  let before: string[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at++]!;
    if (line === "" || line.startsWith("#")) {
      before.push(line);
    } else if (line.startsWith("config ")) {
      config = line.slice("config ".length);
      before.push(line);
    } else {
      const expected: string[] = [];
      if (lines[at] === "----") {
        at++;
        while (at < lines.length && lines[at] !== "") expected.push(lines[at++]!);
      }
      steps.push({ before: before.map((each) => `${each}\n`).join(""), command: line, expected: expected.join("\n") });
      before = [];
    }
  }
  return { config, steps, tail: before.join("\n") };
}
