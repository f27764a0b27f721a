import { readFileSync } from "node:fs";
import { ClientError } from "../client/kafka-error.ts";
import { type NewOffset } from "../client/admin/group-admin.ts";
import { partitionName } from "../client/topic-partition.ts";

const integerMax = 2_147_483_647;
const longMax = 2 ** 63;
/** Texts longer than it are quoted without a look at them. */
const unquotedLengthMax = 24;
const blank = 32;
const firstSafeCharacter = 45;

/**
 * The file of `--from-file`: lines of topic, partition and offset, which belong to the one group of the command line, or
 * start with the name of their group.
 * @returns by group, then by name of the partition
 * @throws ClientError
 */
export function readOffsetPlan(path: string, groupIds: readonly string[]): Map<string, Map<string, NewOffset>> {
  const lines = readText(path).split("\n");
  while (lines.length > 1 && lines.at(-1) === "") lines.pop();
  const plan = new Map<string, Map<string, NewOffset>>();
  const [only] = groupIds;
  const isOfOneGroup = groupIds.length === 1 && fitsWithoutGroup(lines[0] ?? "");
  for (const line of lines) {
    const cells = cellsOf(line);
    const groupId = isOfOneGroup ? (only ?? "") : (cells.shift() ?? "");
    const offset = offsetOf(cells, isOfOneGroup ? 3 : 4);
    const offsets = plan.get(groupId) ?? new Map<string, NewOffset>();
    plan.set(groupId, offsets.set(partitionName(offset), offset));
  }
  return plan;
}

/** A line of such a file. */
export function planLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => (typeof cell === "number" ? String(cell) : quoted(cell))).join(",")}\n`;
}

function quoted(text: string): string {
  const isSafe = [...text].every((character) => (character.codePointAt(0) ?? 0) >= firstSafeCharacter);
  return isSafe && text.length <= unquotedLengthMax ? text : `"${text.replaceAll('"', '""')}"`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const cause = isMissing
      ? new ClientError("java.nio.file.NoSuchFileException", path)
      : new ClientError("java.io.IOException", (error as Error).message);
    throw failed(new ClientError("java.io.IOException", `Unable to read file ${path}`, false, cause));
  }
}

function fitsWithoutGroup(line: string): boolean {
  try {
    offsetOf(cellsOf(line), 3);
    return true;
  } catch {
    return false;
  }
}

/** @param columns how many the line may have at most, with that of the group */
function offsetOf(cells: readonly string[], columns: 3 | 4): NewOffset {
  if (cells.length > 3) {
    const last = cells[3] ?? "";
    throw failed(
      new ClientError(
        "com.fasterxml.jackson.dataformat.csv.CsvReadException",
        `Too many entries: expected at most ${columns} (value #${columns} (${last.length} chars) "${last}")`,
      ),
    );
  }
  const [topic = "", partition = "0", offset = "0"] = cells;
  return {
    topic,
    partition: numberOf(partition, "int", integerMax),
    offset: numberOf(offset, "long", longMax),
  };
}

function numberOf(text: string, type: "int" | "long", max: number): number {
  const trimmed = text.trim();
  const value = trimmed === "" ? 0 : /^[+-]?\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (Math.abs(value) <= max) return value;
  throw failed(
    new ClientError(
      "com.fasterxml.jackson.databind.exc.InvalidFormatException",
      `Cannot deserialize value of type \`${type}\` from String "${text}": not a valid \`${type}\` value`,
    ),
  );
}

/** The cells between commas; a cell in quotes may hold commas, and quotes that are doubled. */
function cellsOf(line: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  let wasQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (line.charAt(at + 1) === '"') cell += line.charAt(++at);
      else isQuoted = false;
    } else if (character === ",") {
      cells.push(cell);
      cell = "";
      wasQuoted = false;
    } else if (character === '"' && cell === "") {
      isQuoted = true;
      wasQuoted = true;
    } else if (!(wasQuoted && character.charCodeAt(0) <= blank) && character !== "\r") cell += character;
  }
  cells.push(cell);
  return cells;
}

function failed(cause: ClientError): ClientError {
  return new ClientError("java.lang.RuntimeException", `${cause.kind}: ${cause.message}`, false, cause);
}
