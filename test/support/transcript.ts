import { fileURLToPath } from "node:url";
import { type Terminal } from "../../src/cli/command/terminal.ts";
import { RecordingTerminal } from "./recording-terminal.ts";
import { runProcess } from "./run-process.ts";

/**
 * A transcript is a session with command-line tools: comments, and commands each followed by what came of it.
 *
 *     # Topics are listed in alphabetical order.
 *     $ kafka-topics.sh --bootstrap-server $BOOTSTRAP --list
 *     a standard output line
 *     2> a standard error line
 *     [exit 1]
 *
 * Those in `test/data/cli` were recorded with Kafka's own tools against Apache Kafka 4.3.0; ours must say the same.
 */
export interface TranscriptOptions {
  /** The folder in which the tools are looked for first. */
  readonly tools: string;
  /** Of the broker that `$BOOTSTRAP` stands for; undefined when the session needs none. */
  readonly bootstrap: string | undefined;
  /** Where the commands run, and may leave files. */
  readonly folder: string;
  /**
   * Tools, by name, that lines with nothing but a command run without a process: most of a session's time is that of
   * processes that start.
   */
  readonly inProcess?: ReadonlyMap<string, Tool>;
}

/** Runs a command line; resolves with the exit code. */
export type Tool = (args: readonly string[], terminal: Terminal) => Promise<number>;

/** What `$DATA` stands for. */
const dataFolder = fileURLToPath(new URL("../data/", import.meta.url));

/** Runs every command of a transcript and writes down what really came of it; comments stay. */
export async function replay(transcript: string, options: TranscriptOptions): Promise<string> {
  const lines: string[] = [];
  for (const line of transcript.split("\n")) {
    if (line.startsWith("#") || line === "") lines.push(line);
    if (line.startsWith("$ ")) lines.push(line, ...(await runStep(line.slice(2), options)));
  }
  return lines.join("\n").replace(/\n{3,}/g, "\n\n");
}

async function runStep(command: string, options: TranscriptOptions): Promise<string[]> {
  const { bootstrap, folder } = options;
  const { code, stdout, stderr } = (await runInProcess(command, options)) ?? (await runShell(command, options));
  const clean = (text: string) => normalize(text, bootstrap, folder);
  return [...clean(stdout), ...clean(stderr).map((line) => `2> ${line}`), ...(code === 0 ? [] : [`[exit ${code}]`])];
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A tool and its words, perhaps with the ends of lines made visible; nothing else that a shell would have to do. */
const plainCommand = /^([\w-]+)\.sh((?: (?:'[^']*'|[\w.,:/=$+-]+))*)( \| cat -e)?$/;

async function runInProcess(command: string, options: TranscriptOptions): Promise<Outcome | undefined> {
  const match = plainCommand.exec(command);
  const tool = options.inProcess?.get(match?.[1] ?? "");
  // A process has a folder of its own, from which it takes files.
  if (match === null || tool === undefined || /\.(?:properties|csv|json)\b/.test(command)) return undefined;
  const words = match[2]?.match(/'[^']*'|\S+/g) ?? [];
  const terminal = new RecordingTerminal();
  const args = words.map((word) => word.replace(/^'(.*)'$/, "$1").replace("$BOOTSTRAP", options.bootstrap ?? ""));
  const code = await tool(args, terminal);
  const { printed, complained } = terminal;
  if (match[3] === undefined) return { code, stdout: printed, stderr: complained };
  return { code: 0, stdout: printed.replaceAll("\n", "$\n"), stderr: complained };
}

function runShell(command: string, { tools, bootstrap, folder }: TranscriptOptions): Promise<Outcome> {
  return runProcess("sh", ["-c", command], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${tools}:${process.env["PATH"]}`,
      BOOTSTRAP: bootstrap ?? "",
      DATA: dataFolder,
      LC_ALL: "C.UTF-8",
    },
  });
}

/** Replaces what differs from run to run, and drops what only a Java program can print: its stacks. */
function normalize(text: string, bootstrap: string | undefined, folder: string): string[] {
  const seen = new Set<string>();
  return (
    text
      // The help text has a test of its own.
      .replace(/^Option(?: \(\* = required\))? +Description *\n(?:.*\n)*/m, "<help>\n")
      .replaceAll(bootstrap ?? "\0", "<bootstrap>")
      .replaceAll(folder, "<folder>")
      .replace(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\]/gm, "[<time>]")
      .replace(/TopicId: [\w-]{22}/g, "TopicId: <id>")
      .replace(/directory\.id=[\w-]{22}/g, "directory.id=<id>")
      .replace(/(Create|LogAppend)Time:\d{13}/g, "$1Time:<time>")
      .replace(/(?<=console-consumer-)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")
      .replace(/console-consumer-\d+/g, "console-consumer-<n>")
      .replace(/"timestamp":\d{13}/g, '"timestamp":<ms>')
      .replace(/(?<=Member )[\w-]{22}(?= with epoch)/g, "<id>")
      .replace(/correlation id \d+/g, "correlation id <n>")
      // The broker lists a topic's configurations in the order of its own tables.
      .replace(/(?<=Configs: )\S+/g, (list) => list.split(",").sort().join(","))
      .split("\n")
      .filter(
        (line) =>
          line !== "" && !/^\s+at |^\s*\.\.\. \d+ more$|^Caused by: (joptsimple|java\.lang\.NumberFormat)/.test(line),
      )
      // How often a client tries to connect depends on the moment.
      .filter((line) => !line.includes(" WARN ") || (!seen.has(line) && seen.add(line)))
  );
}
