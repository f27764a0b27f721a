import { nextTurn } from "../../io/next-turn.ts";
import { type Clock, type TimerHandle, type Timers } from "../../io/ports.ts";

/** Work whose steps can be counted. */
export interface LongWork {
  /** As it stands at the start of the line: "Deleting groups". */
  readonly what: string;
  readonly total: number;
  /** What is counted: "groups"; "bytes" are shown as MB. */
  readonly unit: string;
}

/**
 * Takes how many steps are done. Who awaits it leaves the event loop a turn now and then, which is when timers run and signals
 * arrive: work that is all computing would keep them out.
 */
export type TellDone = (done: number) => Promise<void>;

/** Where the line is shown. */
export interface StatusScreen {
  /** As wide as it is now: windows change. */
  readonly columns: number;
  write(text: string): void;
}

/** Work that is over by then needs no line. */
const patienceMs = 500;
const intervalMs = 100;
const bytesPerMb = 1_000_000;
const eraseLine = "\r\x1b[K";

/**
 * Shows on one line how far long work has come: late, not too often, and never in the way of what a tool prints. Without a
 * screen it does nothing.
 */
export class StatusLine {
  readonly #clock: Clock;
  readonly #timers: Timers;
  #screen: StatusScreen | undefined;
  /** What runs now. */
  #current: { readonly work: LongWork; done: number } | undefined;
  /** When the first work of the tool began: a tool of many short works is long work too. */
  #startMs: number | undefined;
  #drawnMs = -Infinity;
  #timer: TimerHandle | undefined;
  #isShown = false;
  /** Something without a line's end was printed: a line of ours would spoil it. */
  #isMidLine = false;

  constructor(clock: Clock, timers: Timers, screen: StatusScreen | undefined) {
    this.#clock = clock;
    this.#timers = timers;
    this.#screen = screen;
  }

  /** Runs `run`, which tells what is done; one work at a time. The line is gone when this resolves or rejects. */
  async track<T>(work: LongWork, run: (tell: TellDone) => Promise<T>): Promise<T> {
    const current = { work, done: 0 };
    this.#current = current;
    this.#startMs ??= this.#clock.monotonicMs();
    this.#schedule();
    try {
      return await run((done) => this.#tell(current, done));
    } finally {
      this.#current = undefined;
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#erase();
    }
  }

  /** To be called before `text` is written to where the line is. */
  giveWay(text: string | Buffer): void {
    this.#erase();
    if (text.length > 0) this.#isMidLine = text.at(-1) !== (typeof text === "string" ? "\n" : 10);
    this.#schedule();
  }

  /** Erases the line for good. */
  close(): void {
    this.#erase();
    this.#screen = undefined;
    this.#timer?.cancel();
  }

  async #tell(current: { done: number }, done: number): Promise<void> {
    current.done = done;
    if (this.#screen === undefined) return;
    if (this.#clock.monotonicMs() < this.#dueMs()) return this.#schedule();
    this.#draw();
    await nextTurn(this.#timers);
  }

  #dueMs(): number {
    return Math.max((this.#startMs ?? 0) + patienceMs, this.#drawnMs + intervalMs);
  }

  #schedule(): void {
    if (this.#screen === undefined || this.#current === undefined || this.#timer !== undefined) return;
    this.#timer = this.#timers.after(Math.max(0, this.#dueMs() - this.#clock.monotonicMs()), () => {
      this.#timer = undefined;
      this.#draw();
    });
  }

  #draw(): void {
    if (this.#screen === undefined || this.#current === undefined) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#drawnMs = this.#clock.monotonicMs();
    if (this.#isMidLine) return;
    // The last column stays free: a terminal that wraps there would leave a line behind that nobody erases.
    const text = textOf(this.#current.work, this.#current.done).slice(0, Math.max(0, this.#screen.columns - 1));
    this.#screen.write(`${eraseLine}${text}`);
    this.#isShown = true;
  }

  #erase(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#screen?.write(eraseLine);
  }
}

function textOf({ what, total, unit }: LongWork, done: number): string {
  const isBytes = unit === "bytes";
  const amount = (count: number): string => (isBytes ? (count / bytesPerMb).toFixed(1) : String(count));
  const share = total > 0 ? ` (${Math.min(100, Math.floor((100 * done) / total))} %)` : "";
  // Letters that take two columns, or none, would make it another width than it is long.
  return `${what}: ${amount(done)} of ${amount(total)} ${isBytes ? "MB" : unit}${share}`.replace(/[^ -~]/g, "?");
}
