import { fstatSync } from "node:fs";
import { nodeClock } from "../../io/node/node-clock.ts";
import { nodeTimers } from "../../io/node/node-timers.ts";
import { beforeEnd } from "./process-end.ts";
import { StatusLine, type StatusScreen } from "./status-line.ts";
import { type Terminal, ToolLog } from "./terminal.ts";

const columnsDefault = 80;

/** The process's own streams. */
export function processTerminal(): Terminal {
  const status: StatusLine = new StatusLine(
    nodeClock,
    nodeTimers,
    screenOf(process.stderr, process.env.TERM, () => beforeEnd(process, () => status.close())),
  );
  const output = process.stdout.isTTY ? "terminal" : isPipe(1) ? "pipe" : "file";
  const printError = (text: string): void => {
    status.giveWay(text);
    process.stderr.write(text);
  };
  let isReaderGone = false;
  // A reader that went away (`| head`) shows as EPIPE after the write; without a handler it would be a crash.
  process.stdout.on("error", () => (isReaderGone = true));
  return {
    print(data) {
      if (isReaderGone) return false;
      if (output === "terminal") status.giveWay(data);
      // Who reads the pipe (`| less`) may write to the same terminal, at moments that we do not learn of.
      else if (output === "pipe") status.close();
      process.stdout.write(data);
      return true;
    },
    async drain() {
      if (!isReaderGone) await written(process.stdout);
    },
    printError,
    get input() {
      return process.stdin;
    },
    isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true,
    onInterrupt(callback) {
      // As with the JVM a signal that comes again hurries nothing: a member may have to leave its group yet.
      let isInterrupted = false;
      const interrupt = (exitCode: number): void => {
        if (!isInterrupted) callback(exitCode);
        isInterrupted = true;
      };
      process.on("SIGINT", () => interrupt(130));
      process.on("SIGTERM", () => interrupt(143));
    },
    track: (work, run) => status.track(work, run),
    log: new ToolLog(printError, () => nodeClock.wallMs()),
  };
}

/** Resolves when the stream has nothing left to write; to a pipe it writes only as fast as the other end reads. */
export function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write("", () => resolve()));
}

/**
 * The stream as a screen, when it is a terminal that can erase a line.
 * @param onFirstUse called before anything is written
 */
export function screenOf(
  stream: Pick<NodeJS.WriteStream, "isTTY" | "columns" | "write">,
  terminalType: string | undefined,
  onFirstUse: () => void,
): StatusScreen | undefined {
  // Streams that are no terminal have no such property.
  if ((stream.isTTY as boolean | undefined) !== true || terminalType === "dumb") return undefined;
  let isUsed = false;
  return {
    get columns() {
      return stream.columns || columnsDefault;
    },
    write(text) {
      if (!isUsed) onFirstUse();
      isUsed = true;
      stream.write(text);
    },
  };
}

function isPipe(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}
