import { readFileSync } from "node:fs";
import { javaComputedOrder, javaHashOrder } from "../../base/java-hash.ts";
import { partitionHash } from "../command/java-hash-order.ts";
import { ClientError } from "../client/kafka-error.ts";
import { partitionName, type TopicPartition } from "../client/topic-partition.ts";

export interface RecordsToDelete extends TopicPartition {
  /** All records before it; -1 stands for the high watermark. */
  readonly offset: number;
}

const fileVersion = 1;
const integerMax = 2_147_483_647;

/**
 * Reads the file that says what to delete, in the order of the Java tool's map.
 * @throws ClientError
 */
export function readOffsetFile(path: string): RecordsToDelete[] {
  const file = asObject(parsed(path));
  const version = file["version"] === undefined ? fileVersion : asInteger(file["version"]);
  if (version !== fileVersion) throw failed("AdminOperation", `Not supported version field value ${version}`);
  const { partitions } = file;
  if (partitions === undefined) throw failed("AdminOperation", "Missing partitions field");
  if (!Array.isArray(partitions)) throw mapping(`Expected JSON array, received ${JSON.stringify(partitions)}`);
  const wanted = new Map<string, RecordsToDelete>();
  const repeated = new Set<string>();
  for (const partition of partitions as unknown[]) {
    const entry = entryOf(asObject(partition));
    const key = partitionName(entry);
    if (wanted.has(key)) repeated.add(key);
    else wanted.set(key, entry);
  }
  // The Java tool gathers the entries of a partition first, and then copies what it found.
  const gathered = javaComputedOrder([...wanted.values()], partitionHash);
  if (repeated.size > 0) {
    const names = javaHashOrder(
      gathered.filter((entry) => repeated.has(partitionName(entry))),
      partitionHash,
    ).map(partitionName);
    throw failed("AdminCommandFailed", `Offset json file contains duplicate topic partitions: ${names.join(",")}`);
  }
  return javaHashOrder(gathered, partitionHash);
}

function entryOf(entry: Readonly<Record<string, unknown>>): RecordsToDelete {
  const [topic, partition] = [member(entry, "topic"), member(entry, "partition")];
  if (typeof topic !== "string") throw expected("String", topic);
  const index = asInteger(partition);
  const offset = member(entry, "offset");
  if (!Number.isInteger(offset)) throw expected("Long", offset);
  return { topic, partition: index, offset: offset as number };
}

function parsed(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const cause = isMissing
      ? new ClientError("java.nio.file.NoSuchFileException", path)
      : new ClientError("java.io.IOException", (error as Error).message);
    throw new ClientError("java.io.IOException", `Unable to read file ${path}`, false, cause);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw failed("AdminOperation", "The input string is not a valid JSON");
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw mapping(`Expected JSON object, received ${JSON.stringify(value)}`);
}

function asInteger(value: unknown): number {
  if (Number.isInteger(value) && Math.abs(value as number) <= integerMax) return value as number;
  throw expected("Integer", value);
}

function member(entry: Readonly<Record<string, unknown>>, name: string): unknown {
  if (entry[name] === undefined) throw mapping(`No such field exists: \`${name}\``);
  return entry[name];
}

function expected(type: string, value: unknown): ClientError {
  return mapping(`Expected \`${type}\` value, received ${JSON.stringify(value)}`);
}

function mapping(message: string): ClientError {
  return new ClientError("com.fasterxml.jackson.databind.JsonMappingException", message);
}

function failed(kind: "AdminOperation" | "AdminCommandFailed", message: string): ClientError {
  return new ClientError(`org.apache.kafka.tools.${kind}Exception`, message);
}
