import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Message } from "../../src/protocol/schema.ts";

const root = fileURLToPath(new URL("../../src/protocol/", import.meta.url));
/** Where messages are declared: the files right in `src/protocol` that hold some, and these folders. */
const files = ["headers", "consumer-protocol", "principal-data"];
const folders = [
  "messages",
  "metadata-records",
  "group-records",
  "transaction-records",
  "share-records",
  "raft-records",
  "storage-records",
  "remote-log-records",
  "control-records",
];

function isMessage(value: unknown): value is Message<unknown> {
  return typeof value === "object" && value !== null && "struct" in value && "latestVersionUnstable" in value;
}

/** Every message that `src/protocol` declares, by name. Found in the files themselves, so that none can be forgotten. */
export async function allMessages(): Promise<Map<string, Message<unknown>>> {
  const paths = files.map((file) => `${root}${file}.ts`);
  for (const folder of folders) {
    for (const file of readdirSync(`${root}${folder}`)) paths.push(`${root}${folder}/${file}`);
  }
  const found = new Map<string, Message<unknown>>();
  for (const path of paths) {
    const module = (await import(path)) as Record<string, unknown>;
    for (const value of Object.values(module)) {
      if (!isMessage(value)) continue;
      if (found.has(value.name)) throw new Error(`two messages are named ${value.name}`);
      found.set(value.name, value);
    }
  }
  return found;
}

export function versionsOf(message: Message<unknown>): number[] {
  const versions: number[] = [];
  for (let version = message.versions.from; version <= message.versions.to; version++) versions.push(version);
  return versions;
}
