/** Latencies that are kept for the percentiles, at most; of more records only some. */
const samplesMax = 500_000;
const bytesPerMb = 1024 * 1024;
const shares = [0.5, 0.95, 0.99, 0.999];

/** Counts what was sent, and words it as Kafka's tool does: for each interval, and at the end. */
export class SendStatistics {
  isSilent = false;
  readonly #print: (text: string) => void;
  readonly #now: () => number;
  readonly #intervalMs: number;
  readonly #isSteadyState: boolean;
  readonly #sampling: number;
  readonly #latencies: Int32Array;
  readonly #startMs: number;
  #sampled = 0;
  #total = { count: 0, bytes: 0, latencyMs: 0, latencyMsMax: 0 };
  #window = { count: 0, bytes: 0, latencyMs: 0, latencyMsMax: 0 };
  #windowStartMs: number;

  /**
   * @param count of the records to come
   * @param isSteadyState whether the records before the first one were left out on purpose
   */
  constructor(
    { print, now, intervalMs }: { print: (text: string) => void; now: () => number; intervalMs: number },
    count: number,
    isSteadyState: boolean,
  ) {
    this.#print = print;
    this.#now = now;
    this.#intervalMs = intervalMs;
    this.#isSteadyState = isSteadyState;
    this.#sampling = Math.floor(count / Math.min(count, samplesMax));
    this.#latencies = new Int32Array(Math.floor(count / this.#sampling) + 1);
    this.#startMs = now();
    this.#windowStartMs = this.#startMs;
  }

  record(latencyMs: number, bytes: number, nowMs: number): void {
    if (this.#total.count % this.#sampling === 0) this.#latencies[this.#sampled++] = latencyMs;
    for (const counts of [this.#total, this.#window]) {
      counts.count++;
      counts.bytes += bytes;
      counts.latencyMs += latencyMs;
      counts.latencyMsMax = Math.max(counts.latencyMsMax, latencyMs);
    }
    if (nowMs - this.#windowStartMs < this.#intervalMs) return;
    if (this.#isSteadyState && this.#total.count === this.#window.count) this.#print("In steady state.\n");
    if (!this.isSilent) this.#printWindow();
    this.#window = { count: 0, bytes: 0, latencyMs: 0, latencyMsMax: 0 };
    this.#windowStartMs = this.#now();
  }

  printTotal(): void {
    const { count, bytes, latencyMs, latencyMsMax } = this.#total;
    const { records, mb } = this.#perSecond(count, bytes, this.#startMs);
    const sorted = this.#latencies.subarray(0, this.#sampled).sort();
    const [p50, p95, p99, p999] = shares.map((share) => sorted[Math.floor(share * sorted.length)] ?? 0);
    this.#print(
      `${count}${this.#isSteadyState ? " steady state" : ""} records sent, ${fixed(records, 6)} records/sec (${fixed(mb, 2)} MB/sec), ` +
        `${fixed(latencyMs / count, 2)} ms avg latency, ${fixed(latencyMsMax, 2)} ms max latency, ` +
        `${p50} ms 50th, ${p95} ms 95th, ${p99} ms 99th, ${p999} ms 99.9th.\n`,
    );
  }

  #printWindow(): void {
    const { count, bytes, latencyMs, latencyMsMax } = this.#window;
    const { records, mb } = this.#perSecond(count, bytes, this.#windowStartMs);
    this.#print(
      `${count} records sent, ${fixed(records, 1)} records/sec (${fixed(mb, 2)} MB/sec), ${fixed(latencyMs / count, 1)} ms avg latency, ${fixed(latencyMsMax, 1)} ms max latency.\n`,
    );
  }

  #perSecond(count: number, bytes: number, sinceMs: number): { records: number; mb: number } {
    const elapsedMs = this.#now() - sinceMs;
    return { records: (1000 * count) / elapsedMs, mb: (1000 * bytes) / elapsedMs / bytesPerMb };
  }
}

function fixed(value: number, digits: number): string {
  return value.toFixed(digits);
}
