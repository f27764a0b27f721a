import { type CurveName } from "../report/curves.ts";
import { type MetricName } from "../report/metrics.ts";
import { type Point } from "../report/results.ts";
import { createTopic, deleteTopic } from "./admin.ts";
import { type Broker } from "./broker.ts";
import { type Options } from "./options.ts";
import { type Measured } from "./run-job.ts";

export const valueSizeBytes = 100;
export const megabyte = 1e6;
export const gigabyte = 1e9;

const quickShare = 0.3;
/** Warm-up and measurement each end after this much: the disk is not what is measured. */
export const phaseSizeBytesMax = 1.5e9;

/** What workloads that run on one broker, one after the other, share: the broker, and what they found out. */
export class Session {
  readonly broker: Broker;
  readonly options: Options;
  /** How long formatting took beforehand. */
  readonly formatMs: number | undefined;
  readonly values: Partial<Record<MetricName, number>> = {};
  readonly points: Point[] = [];
  readonly generatorShares: Record<string, number> = {};

  constructor(broker: Broker, options: Options, formatMs?: number) {
    this.broker = broker;
    this.options = options;
    this.formatMs = formatMs;
  }

  get port(): number {
    return this.broker.port;
  }

  /** The phases of a job; a quick run has shorter ones. */
  phases(warmupMs: number, measureMs: number): { warmupMs: number; measureMs: number } {
    const share = this.options.isQuick ? quickShare : 1;
    return { warmupMs: warmupMs * share, measureMs: measureMs * share };
  }

  set(name: MetricName, value: number): void {
    this.values[name] = value;
    process.stderr.write(`    ${name} ${Number(value.toPrecision(4)).toLocaleString("en-US")}\n`);
  }

  point(curve: CurveName, x: number, y: number): void {
    this.points.push({ curve, x, y });
    process.stderr.write(`    ${curve} at ${x}: ${Number(y.toPrecision(4)).toLocaleString("en-US")}\n`);
  }

  /** Notes how busy the generator was. */
  noteGenerator(workload: string, measured: Measured): void {
    this.generatorShares[workload] = Number(measured.generatorShare.toFixed(3));
  }

  /** A topic that lasts as long as the work on it, so that the disk and the page cache stay free. */
  async withTopic<T>(name: string, partitions: number, work: (topic: string) => Promise<T>): Promise<T> {
    await createTopic(this.port, name, partitions);
    try {
      return await work(name);
    } finally {
      if (!this.broker.hasEnded()) await deleteTopic(this.port, name);
    }
  }
}

export function perSecond(measured: Measured, count: number): number {
  return (count / measured.elapsedMs) * 1000;
}
