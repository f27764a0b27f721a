import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect } from "vitest";
import { bothDump } from "./dump-tools.ts";
import { type JavaToolRunner } from "./java-tool-runner.ts";

/** Files that none of Kafka's tools prints; Kafka's own start reads them. */
const checkpoint = /^0\n(\d+)\n(?:\S+ .*\n)*$/;
const otherFiles: Readonly<Record<string, RegExp>> = {
  "meta.properties": /^#\n#.*\n(?=[^]*cluster\.id=)(?=[^]*directory\.id=)(?=[^]*node\.id=1)(?=[^]*version=1)/,
  "partition.metadata": /^version: 0\ntopic_id: [\w-]{22}$/,
  "leader-epoch-checkpoint": checkpoint,
  "recovery-point-offset-checkpoint": checkpoint,
  "log-start-offset-checkpoint": checkpoint,
  "replication-offset-checkpoint": checkpoint,
  "cleaner-offset-checkpoint": checkpoint,
  "quorum-state": /^\{.*"leaderId":.*"data_version":\d\}$/,
  ".kafka_cleanshutdown": /^\{"version":0,"brokerEpoch":\d+\}$/,
  ".lock": /^$/,
};

export function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}

/**
 * Every file of the directories is one that Kafka knows; its DumpLogSegments reads it without complaint, and finds in it
 * what is to be there; ours prints the same. Files whose deletion is under way are left out.
 */
export function checkEveryFile(kafkas: JavaToolRunner, directories: readonly string[]): Promise<void> {
  return checkFiles(kafkas, directories.flatMap(filesIn));
}

export async function checkFiles(kafkas: JavaToolRunner, paths: readonly string[]): Promise<void> {
  const unknown: string[] = [];
  for (const path of paths) {
    if (path.endsWith(".deleted") || /-delete\//.test(path)) continue;
    const known = otherFiles[basename(path)];
    if (known !== undefined) expect(readFileSync(path, "utf8"), path).toMatch(known);
    else if (/\.(log|index|timeindex|txnindex|snapshot|checkpoint)$/.test(path)) await checkPrinted(kafkas, path);
    else unknown.push(path);
  }
  expect(unknown).toEqual([]);
}

async function checkPrinted(kafkas: JavaToolRunner, path: string): Promise<void> {
  for (const options of optionsFor(path)) {
    const { status, output, errors } = await bothDump(kafkas, [...options, "--files", path]);
    // The tool takes every segment for the partition's first; a compacted one has holes.
    const complaints = errors.replace(/^Non-consecutive offsets in .*\n(?: {2}-?\d+ is followed by \d+\n)+/m, "");
    expect([path, status, complaints]).toEqual([path, 0, ""]);
    if (errors !== complaints && !/compact|__consumer_offsets/.test(path))
      expect(errors.match(/is followed by/g)).toHaveLength(1);
    expect(output).not.toMatch(/isvalid: false|invalid bytes|skipping\.|Unknown record|exception/i);
  }
}

function optionsFor(path: string): string[][] {
  const folder = basename(dirname(path));
  if (path.endsWith("index")) return path.endsWith(".txnindex") ? [[]] : [[], ["--index-sanity-check"]];
  if (path.endsWith(".checkpoint")) return [["--cluster-metadata-decoder"]];
  if (!path.endsWith(".log")) return [[]];
  if (folder.startsWith("__cluster_metadata")) return [["--cluster-metadata-decoder"]];
  if (folder.startsWith("__consumer_offsets")) return [["--offsets-decoder"]];
  return [["--deep-iteration"], ["--print-data-log", "--skip-record-metadata"]];
}

/** Segments whose indexes are missing would be rebuilt without a word. */
export function checkSegmentsAreWhole(directories: readonly string[]): void {
  for (const log of directories.flatMap(filesIn).filter((path) => path.endsWith(".log"))) {
    if (/-delete\//.test(log)) continue;
    expect([log, existsSync(log.replace(/log$/, "index")), existsSync(log.replace(/log$/, "timeindex"))]).toEqual([
      log,
      true,
      true,
    ]);
  }
}
