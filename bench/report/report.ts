import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeCharts } from "./charts.ts";
import { groups } from "./metrics.ts";
import { type Results } from "./results.ts";
import {
  comparisonsOf,
  curvesOver,
  curveTable,
  generatorTable,
  groupNames,
  groupTable,
  missedTargets,
  scatterTable,
} from "./table.ts";

/** Writes RESULTS.md and the charts. What is written by hand about the figures stands in NOTES.md and is taken along. */
export function writeReport(folder: string, results: Results): void {
  writeCharts(join(folder, "charts"), results);
  const notesFile = join(folder, "NOTES.md");
  const notes = existsSync(notesFile) ? readFileSync(notesFile, "utf8") : "";
  writeFileSync(join(folder, "RESULTS.md"), reportOf(results, notes));
}

export function reportOf(results: Results, notes: string): string {
  const sections = [head(results)];
  for (const group of groupNames) {
    const comparisons = comparisonsOf(results, group);
    if (comparisons.length === 0) continue;
    sections.push(`## ${groups[group]}`, `![${groups[group]}](charts/${group}.svg)`, groupTable(comparisons));
  }
  const curves = curvesOver(results);
  if (curves.size > 0) sections.push("## How cost grows", "Odradek / Apache Kafka.");
  for (const [over, names] of curves) {
    sections.push(`![What more ${over} cost](charts/${over}.svg)`, curveTable(results, names));
  }
  const missed = groupNames.flatMap((group) => missedTargets(comparisonsOf(results, group)));
  sections.push("## Missed targets", missed.length === 0 ? "None." : missed.map((line) => `- ${line}`).join("\n"));
  if (notes !== "") sections.push(notes.trim());
  const failures = results.turns.flatMap(({ suite, round, target, failures }) =>
    failures.map((failure) => `- ${suite}, round ${round}, ${target}: ${failure}`),
  );
  if (failures.length > 0) sections.push("## What failed", failures.join("\n"));
  sections.push(
    "## How busy the load generator was",
    "CPU of the generator's process as a share of one core, median. Near 100 % it was the generator that set the limit.",
    generatorTable(results),
    "## Every round",
    scatterTable(results),
  );
  return `${sections.join("\n\n")}\n`;
}

function head({ machine, notes, turns }: Results): string {
  const unique = (values: string[]): string[] => [...new Set(values)];
  const rounds = unique(turns.map((turn) => turn.suite)).map((suite) => {
    const count = Math.max(...turns.filter((turn) => turn.suite === suite).map((turn) => turn.round));
    return `${suite} ${count}`;
  });
  const facts = [
    `date: ${unique(turns.map((turn) => turn.date.slice(0, 10))).join(", ")}`,
    `commit: ${unique(turns.map((turn) => turn.commit)).join(", ")}`,
    ...machine,
    `rounds: ${rounds.join(", ")}`,
    ...notes,
  ];
  return `# Odradek and Apache Kafka side by side

Medians (smallest..largest) over the rounds, in which the two brokers take turns. Each turn starts on an empty directory
that was formatted before. The restarts find one that was filled once and that the
page cache holds, and every partition has to tell its log's end. The load comes from
pre-encoded requests over raw sockets, out of a process of its own, except for the independent load generators; CPU time,
memory and file descriptors are those of the broker's processes, from /proc. Kafka runs with the heap and flags of its start
script (1 GiB), and without a logging back end. Both have their default configuration, but remove deleted files after half a
second. \`npm run bench\` makes this file.

${facts.map((fact) => `- ${fact}`).join("\n")}`;
}
