import { type NodeId, type Uuid } from "../../base/brand.ts";
import { isUuid } from "../../base/uuid.ts";
import { parseProperties } from "../../config/properties.ts";

export const metaPropertiesFileName = "meta.properties";

/** What `meta.properties` in a log directory says about whose directory it is. */
export interface MetaProperties {
  /** 1 for KRaft; 0 was written by brokers with ZooKeeper. */
  readonly version: 0 | 1;
  readonly clusterId: string | undefined;
  readonly nodeId: NodeId | undefined;
  /** Directories from before Kafka 3.7 have none until they are opened. */
  readonly directoryId: Uuid | undefined;
}

/** @throws Error worded as Kafka does */
export function parseMetaProperties(text: string): MetaProperties {
  const properties = parseProperties(text);
  const version = properties.get("version") ?? "0";
  if (version !== "0" && version !== "1") throw new Error(`Unknown meta.properties version number ${version}`);
  const nodeKey = version === "0" ? "broker.id" : "node.id";
  const nodeText = properties.get(nodeKey);
  if (nodeText === undefined && version === "1") throw new Error("Failed to find node.id");
  if (nodeText !== undefined && !/^[+-]?\d+$/.test(nodeText)) {
    throw new Error(`Unable to read ${nodeKey} as a base-10 number.`);
  }
  const clusterId = properties.get("cluster.id");
  if (clusterId === undefined && version === "1") throw new Error("cluster.id was not found.");
  const directoryId = properties.get("directory.id");
  if (directoryId !== undefined && !isUuid(directoryId)) {
    throw new Error(`Unable to read directory.id as a Uuid: ${directoryId}`);
  }
  return {
    version: version === "0" ? 0 : 1,
    clusterId,
    nodeId: nodeText === undefined ? undefined : Number(nodeText),
    directoryId,
  };
}

/** The file's text: the two comment lines of a Java properties file, then one line a property. */
export function formatMetaProperties(properties: MetaProperties, nowMs: number): string {
  const lines = ["#", `#${javaDate(nowMs)}`];
  for (const [key, value] of metaPropertyEntries(properties)) lines.push(`${key}=${escapeValue(value)}`);
  return `${lines.join("\n")}\n`;
}

export function metaPropertyEntries(properties: MetaProperties): [string, string][] {
  const { version, clusterId, nodeId, directoryId } = properties;
  const entries: [string, string | undefined][] = [
    [version === 0 ? "broker.id" : "node.id", nodeId?.toString()],
    ["directory.id", directoryId],
    ["version", version.toString()],
    ["cluster.id", clusterId],
  ];
  return entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
}

function escapeValue(value: string): string {
  return value
    .replace(/[\\=:#!]/g, "\\$&")
    .replace(/^ /, "\\ ")
    .replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
}

/** "Sat Nov 21 04:50:17 UTC 2026" */
function javaDate(nowMs: number): string {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: "UTC",
    weekday: "short",
    month: "short",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    year: "numeric",
  });
  const part = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  const time = `${part.get("hour")}:${part.get("minute")}:${part.get("second")}`;
  return `${part.get("weekday")} ${part.get("month")} ${part.get("day")} ${time} UTC ${part.get("year")}`;
}
