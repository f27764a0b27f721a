import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";
import { type Logger } from "../ports.ts";
import { logLine } from "./log-line.ts";

export interface LoggerOptions {
  /**
   * The lowest level that is written, and exceptions by component: "info,network=debug,raft=warn". A component's level
   * holds for those below it ("network" for "network.listener"). Default "info".
   */
  readonly levels?: string | undefined;
  /** "text" is the readable line that Kafka prints, "json" one object a line. Default: text on a terminal, else json. */
  readonly format?: LogFormat | undefined;
  /** Where lines go, each with its newline. Default: standard output, written before the call returns. */
  readonly write?: (line: string) => void;
}

export type LogFormat = "text" | "json";

const levelNames = ["debug", "info", "warn", "error", "silent"] as const;
type Level = (typeof levelNames)[number];

/** @throws Error when `levels` names no level that there is */
export function createLogger(options: LoggerOptions = {}): Logger {
  const format = options.format ?? (process.stdout.isTTY ? "text" : "json");
  const output: DestinationStream = options.write === undefined ? pino.destination(1) : { write: options.write };
  const levels = parseLevels(options.levels ?? "info");
  const root = pino(
    {
      base: null,
      level: "debug",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: serializeError },
    },
    format === "json" ? output : { write: (line) => output.write(logLine(line)) },
  );
  return new NodeLogger(root, levels, "");
}

/** Takes the type from the error's name: a bundler renames classes that refer to themselves. */
function serializeError(error: unknown): unknown {
  const serialized = pino.stdSerializers.err(error as Error);
  if (error instanceof Error && error.name !== "Error") serialized.type = error.name;
  return serialized;
}

class NodeLogger implements Logger {
  readonly #root: PinoLogger;
  readonly #levels: ReadonlyMap<string, Level>;
  readonly #component: string;
  readonly #pino: PinoLogger;

  constructor(root: PinoLogger, levels: ReadonlyMap<string, Level>, component: string) {
    this.#root = root;
    this.#levels = levels;
    this.#component = component;
    this.#pino = root.child(component === "" ? {} : { component }, { level: levelOf(levels, component) });
  }

  child(component: string): Logger {
    const path = this.#component === "" ? component : `${this.#component}.${component}`;
    return new NodeLogger(this.#root, this.#levels, path);
  }

  debug(fields: object, message: string): void {
    this.#pino.debug(fields, message);
  }

  info(fields: object, message: string): void {
    this.#pino.info(fields, message);
  }

  warn(fields: object, message: string): void {
    this.#pino.warn(fields, message);
  }

  error(fields: object, message: string): void {
    this.#pino.error(fields, message);
  }
}

/** The default level stands under the empty name. */
function parseLevels(text: string): ReadonlyMap<string, Level> {
  const levels = new Map<string, Level>([["", "info"]]);
  for (const entry of text.split(",")) {
    const parts = entry.trim().split("=");
    const name = parts.at(-1);
    const level = levelNames.find((known) => known === name?.toLowerCase());
    if (level === undefined || parts.length > 2) {
      throw new Error(
        `Invalid log level "${entry.trim()}": expected one of ${levelNames.join(", ")}, or component=level`,
      );
    }
    levels.set(parts.length === 2 ? (parts[0] as string) : "", level);
  }
  return levels;
}

function levelOf(levels: ReadonlyMap<string, Level>, component: string): Level {
  for (let path = component; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
    const level = levels.get(path);
    if (level !== undefined) return level;
  }
  return levels.get("") as Level;
}
