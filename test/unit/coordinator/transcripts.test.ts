import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Transcript } from "./transcript.ts";

/*
 * Each file of test/data/groups is a scenario: a command, `----`, what it makes happen, an empty line. Records are shown as
 * `@offset version record`, answers as `verb#request response`. UPDATE=1 writes what happens now into the files; read the
 * difference as you read code. After every command the log, loaded anew, must say what is in memory.
 */
const folder = new URL("../../data/groups/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));

interface Step {
  /** Comment lines and empty ones before the command. */
  readonly before: string;
  readonly command: string;
  readonly expected: string;
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

test.each(files)("%s", async (file) => {
  const { config, steps, tail } = parse(readFileSync(new URL(file, folder), "utf8"));
  const transcript = new Transcript(config);
  await transcript.start();
  let text = "";
  let isHeld = false;
  for (const { before, command, expected } of steps) {
    const actual = await transcript.run(command);
    text += `${before}${command}\n----\n${actual}\n`;
    if (process.env["UPDATE"] === undefined) expect(actual, `${file}: ${command}`).toBe(expected);
    if (command === "hold") isHeld = true;
    if (command === "release" || command === "reload") isHeld = false;
    if (isHeld) continue;
    const { loaded, live } = await transcript.compare();
    expect(loaded, `${file}: the log after ${command}`).toEqual(live);
  }
  if (process.env["UPDATE"] !== undefined) writeFileSync(new URL(file, folder), text + tail);
});

test("there are scenarios", () => {
  expect(files.length).toBeGreaterThan(5);
});
