import { type JobResult } from "./job.ts";

export interface Counts {
  requests: number;
  records: number;
  bytes: number;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/**
 * Warm-up, then the measured phase: each lasts its time, or until `phaseSizeBytesMax` have been counted in it. The CPU times
 * are taken here, at the very ends of the measured phase: another process may be late to look on a busy machine.
 */
export class Phases {
  readonly counts: Counts = { requests: 0, records: 0, bytes: 0 };
  isMeasuring = false;
  isOver = false;
  readonly #warmupMs: number;
  readonly #measureMs: number;
  readonly #phaseSizeBytesMax: number;
  readonly #brokerCpuSeconds: () => number;
  #start = performance.now();
  #cpuAtStart = 0;
  #brokerCpuAtStart = 0;

  constructor(
    job: { readonly warmupMs: number; readonly measureMs: number; readonly phaseSizeBytesMax?: number },
    brokerCpuSeconds: () => number,
  ) {
    this.#warmupMs = job.warmupMs;
    this.#measureMs = job.measureMs;
    this.#phaseSizeBytesMax = job.phaseSizeBytesMax ?? Infinity;
    this.#brokerCpuSeconds = brokerCpuSeconds;
  }

  /** Moves on when it is time to. */
  tick(): void {
    const elapsed = performance.now() - this.#start;
    const isFull = this.counts.bytes >= this.#phaseSizeBytesMax;
    if (this.isOver || (!isFull && elapsed < (this.isMeasuring ? this.#measureMs : this.#warmupMs))) return;
    if (this.isMeasuring) {
      this.isOver = true;
      return;
    }
    this.isMeasuring = true;
    this.counts.requests = 0;
    this.counts.records = 0;
    this.counts.bytes = 0;
    this.#brokerCpuAtStart = this.#brokerCpuSeconds();
    this.#cpuAtStart = cpuSeconds();
    this.#start = performance.now();
  }

  /** The measured phase has nothing left to do. */
  end(): void {
    this.isOver = true;
  }

  /** The result at the moment the measured phase ends. */
  result(): JobResult {
    return {
      elapsedMs: performance.now() - this.#start,
      brokerCpuSeconds: this.#brokerCpuSeconds() - this.#brokerCpuAtStart,
      generatorCpuSeconds: cpuSeconds() - this.#cpuAtStart,
      ...this.counts,
    };
  }
}
