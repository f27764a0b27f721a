import { type LongWork, type TellDone } from "../command/status-line.ts";
import { type Terminal } from "../command/terminal.ts";

const pieceChars = 65_536;

/** Standard output in large pieces: a log has millions of records. */
export class Output {
  readonly #terminal: Terminal;
  #pending = "";
  #isReaderGone = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Nobody reads any more what is printed. */
  get isReaderGone(): boolean {
    return this.#isReaderGone;
  }

  print(text: string): void {
    this.#pending += text;
  }

  line(text: string): void {
    this.#pending += `${text}\n`;
  }

  /** Writes to standard error, behind what was printed before: both may go to one terminal. */
  error(text: string): void {
    this.flush();
    this.#terminal.printError(`${text}\n`);
  }

  flush(): void {
    if (this.#pending === "") return;
    if (!this.#terminal.print(this.#pending)) this.#isReaderGone = true;
    this.#pending = "";
  }

  /** Runs long work that prints here. */
  track<T>(work: LongWork, run: (tell: TellDone) => Promise<T>): Promise<T> {
    return this.#terminal.track(work, run);
  }

  /** Hands on a full piece and waits for the reader, so that a dump of any size takes little memory. */
  async relieve(): Promise<void> {
    if (this.#pending.length < pieceChars) return;
    this.flush();
    await this.#terminal.drain();
  }
}
