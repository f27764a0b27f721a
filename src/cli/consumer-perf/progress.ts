const bytesPerMb = 1024 * 1024;

/** Counts what was read and how long the group took to assign partitions, and words both as Kafka's tool does. */
export class Progress {
  records = 0;
  #bytes = 0;
  #joinMs = 0;
  #joinMsOfInterval = 0;
  #joinStartMs: number;
  readonly #startMs: number;
  readonly #print: ((line: string) => void) | undefined;
  readonly #format: (timeMs: number) => string;
  #last: { timeMs: number; records: number; bytes: number };

  /** @param print takes a line for each interval; undefined when none is wanted */
  constructor(startMs: number, print: ((line: string) => void) | undefined, format: (timeMs: number) => string) {
    this.#startMs = startMs;
    this.#joinStartMs = startMs;
    this.#print = print;
    this.#format = format;
    this.#last = { timeMs: startMs, records: 0, bytes: 0 };
  }

  joining(nowMs: number): void {
    this.#joinStartMs = nowMs;
  }

  joined(nowMs: number): void {
    this.#joinMs += nowMs - this.#joinStartMs;
    this.#joinMsOfInterval += nowMs - this.#joinStartMs;
  }

  add(bytes: number): void {
    this.records++;
    this.#bytes += bytes;
  }

  /** Ends an interval that has lasted long enough. */
  report(nowMs: number, intervalMs: number): void {
    const elapsedMs = nowMs - this.#last.timeMs;
    if (elapsedMs < intervalMs) return;
    const records = this.records - this.#last.records;
    const mb = (this.#bytes - this.#last.bytes) / bytesPerMb;
    const fetchMs = elapsedMs - this.#joinMsOfInterval;
    const perFetchSecond = (amount: number) => fixed(fetchMs <= 0 ? 0 : (1000 * amount) / fetchMs);
    const fields = [
      this.#format(nowMs),
      0,
      fixed(this.#bytes / bytesPerMb),
      fixed((1000 * mb) / elapsedMs),
      this.records,
      fixed((1000 * records) / elapsedMs),
      this.#joinMsOfInterval,
      fetchMs,
      perFetchSecond(mb),
      perFetchSecond(records),
    ];
    this.#print?.(`${fields.join(", ")}\n`);
    this.#joinMsOfInterval = 0;
    this.#last = { timeMs: nowMs, records: this.records, bytes: this.#bytes };
  }

  summary(endMs: number): string {
    const elapsedMs = endMs - this.#startMs;
    const mb = this.#bytes / bytesPerMb;
    const fetchMs = elapsedMs - this.#joinMs;
    const fields = [
      this.#format(this.#startMs),
      this.#format(endMs),
      fixed(mb),
      fixed(mb / (elapsedMs / 1000)),
      this.records,
      fixed(this.records / (elapsedMs / 1000)),
      this.#joinMs,
      fetchMs,
      fixed(mb / (fetchMs / 1000)),
      fixed(this.records / (fetchMs / 1000)),
    ];
    return `${fields.join(", ")}\n`;
  }

  /** Of the many metrics of the Java client those that are counted here. */
  metrics(): string {
    const group = "consumer-fetch-manager-metrics";
    const tags = "{client-id=perf-consumer-client}";
    const rows: [string, number][] = [
      [`${group}:bytes-consumed-total:${tags}`, this.#bytes],
      [`${group}:records-consumed-total:${tags}`, this.records],
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    const lines = rows.map(([name, value]) => `${name.padEnd(width)} : ${value.toFixed(3)}\n`);
    return `\n${"Metric Name".padEnd(width)}   Value\n${lines.join("")}`;
  }
}

function fixed(value: number): string {
  return value.toFixed(4);
}
