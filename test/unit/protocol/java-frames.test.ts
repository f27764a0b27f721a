import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codecOf } from "../../../src/protocol/codec.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { Writer } from "../../../src/protocol/writer.ts";
import { allMessages } from "../../support/all-messages.ts";

/**
 * Frames that Kafka 4.3.0's own generated classes read and wrote back byte for byte, with what they understood as JSON:
 * two for each message, one of its lowest and one of its highest version.
 */
interface JavaFrame {
  readonly name: string;
  readonly version: number;
  readonly hex: string;
  readonly json: unknown;
}

const frames = readFileSync(new URL("../../data/java-frames.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as JavaFrame);

/** Java leaves out what a version does not carry and tagged fields at their default; bytes are base64. */
function expectSame(ours: unknown, java: unknown, path: string): void {
  if (Array.isArray(java)) {
    expect((ours as unknown[]).length, path).toBe(java.length);
    for (const [index, element] of java.entries()) expectSame((ours as unknown[])[index], element, `${path}[${index}]`);
  } else if (typeof java === "object" && java !== null) {
    for (const [name, inner] of Object.entries(java)) {
      expect(ours, path).toHaveProperty(name);
      expectSame((ours as { [name: string]: unknown })[name], inner, `${path}.${name}`);
    }
  } else if (Buffer.isBuffer(ours)) {
    // Java prints a field of type `records` as empty.
    if (java !== "") expect(ours.toString("base64"), path).toBe(java);
  } else if (typeof ours === "number" && typeof java === "string") {
    expect(String(ours), path).toBe(java);
  } else {
    expect(ours, path).toBe(java);
  }
}

const messages = await allMessages();

test("Kafka's own classes and ours read the same out of the same bytes, and write them back", () => {
  const covered = new Set<string>();
  for (const { name, version, hex, json } of frames) {
    const schema = messages.get(name)!;
    covered.add(name);
    const buffer = Buffer.from(hex, "hex");
    const codec = codecOf(schema, version);
    const reader = new Reader(buffer);
    const value = codec.decode(reader);
    expect(reader.remaining(), name).toBe(0);
    expectSame(value, json, `${name} ${version}`);
    const writer = new Writer();
    codec.encode(writer, value as object);
    expect(writer.toBuffer().toString("hex"), name).toBe(hex);
  }
  expect(covered.size).toBe(messages.size);
});
