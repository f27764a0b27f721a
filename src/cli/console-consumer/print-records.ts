import { type Consumer } from "../client/consumer/consumer.ts";
import { ClientError } from "../client/kafka-error.ts";
import { type Terminal } from "../command/terminal.ts";
import { type ConsumerCall } from "./consumer-call.ts";

const source = "org.apache.kafka.tools.consumer.ConsoleConsumer";
const foreverMs = 2 ** 31 - 1;
/** One write for many records; what is there at the moment goes out at once. */
const writeBytes = 64 * 1024;

/**
 * Prints records until there were enough of them, none came for too long, nobody reads any more, or the consumer failed.
 * @param counted called for each record
 * @throws ClientError when a record cannot be printed
 */
export async function printRecords(
  consumer: Consumer,
  call: ConsumerCall,
  terminal: Terminal,
  counted: () => void,
): Promise<void> {
  const { messagesMax = Number.POSITIVE_INFINITY } = call;
  const output = new Output(terminal);
  let isWaited = false;
  for (let count = 0; count < messagesMax;) {
    const record = consumer.next();
    if (record === undefined) {
      if (!(await output.flush())) return;
      // Nothing came while we waited: the time is up, or the person wants to stop.
      if (isWaited) {
        if (consumer.isClosed) return;
        terminal.log.error(source, "Error processing message, terminating consumer process: ", noRecordInTime());
        return;
      }
      try {
        await consumer.fill(call.timeoutMs ?? foreverMs);
      } catch (error) {
        terminal.log.error(source, "Error processing message, terminating consumer process: ", error as Error);
        return;
      }
      isWaited = call.timeoutMs !== undefined || consumer.isClosed;
      continue;
    }
    isWaited = false;
    count++;
    counted();
    try {
      output.add(call.formatter(record));
    } catch (error) {
      if (!call.skipsErrors) {
        await output.flush();
        throw error;
      }
      terminal.log.error(source, "Error processing message, skipping this message: ", error as Error);
    }
    if (output.isFull && !(await output.flush())) return;
  }
  await output.flush();
}

function noRecordInTime(): ClientError {
  return new ClientError("org.apache.kafka.common.errors.TimeoutException", "null");
}

class Output {
  readonly #terminal: Terminal;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get isFull(): boolean {
    return this.#bytes >= writeBytes;
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** Prints what was added, as fast as the reader takes it; false when nobody reads any more. */
  async flush(): Promise<boolean> {
    if (this.#bytes === 0) return true;
    const isRead = this.#terminal.print(Buffer.concat(this.#pieces));
    await this.#terminal.drain();
    this.#pieces = [];
    this.#bytes = 0;
    if (!isRead) this.#terminal.printError("Unable to write to standard out, closing consumer.\n");
    return isRead;
  }
}
