import { type Clock } from "../../io/ports.ts";
import { type Terminal } from "../command/terminal.ts";

/** Prints events as JSON, one a line, each with the time and its name. */
export function eventPrinter(terminal: Terminal, clock: Clock): (name: string, event: object) => void {
  return (name, event) => void terminal.print(`${JSON.stringify({ timestamp: clock.wallMs(), name, ...event })}\n`);
}
