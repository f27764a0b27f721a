import { createHash } from "node:crypto";
import { type Disk } from "../../../src/io/ports.ts";
import { type LogConfig } from "../../../src/log/log-config.ts";
import { readProducerSnapshot } from "../../../src/log/producers/producer-snapshot.ts";
import { SeededRandom } from "../../support/random-bytes.ts";
import { batch, startMs } from "./batches.ts";

/** Batches that are appended one after the other to a log of this configuration. */
export interface FileScenario {
  readonly name: string;
  /** As Kafka's topic has it. */
  readonly configs: Readonly<Record<string, string>>;
  /** As our log has it. */
  readonly config: Partial<LogConfig>;
  readonly batches: () => Buffer[];
}

const hour = 3_600_000;

/** Timestamps wander, mostly forward; some records have none. */
function wandering(seed: number, count: number, stepMs: number, valueBytesMax = 60): Buffer[] {
  const random = new SeededRandom(seed);
  let timestamp = startMs;
  return Array.from({ length: count }, () => {
    timestamp += (random.below(10) - 2) * stepMs;
    return batch({
      timestamp: random.below(12) === 0 ? -1 : timestamp,
      count: 1 + random.below(3),
      key: `${random.below(20)}`,
      value: random.bytes(1 + random.below(valueBytesMax)),
    });
  });
}

function producers(seed: number, count: number): Buffer[] {
  const random = new SeededRandom(seed);
  const next = [0, 0, 0];
  return Array.from({ length: count }, (_, index) => {
    const producer = random.below(4);
    if (producer === 3) return batch({ timestamp: startMs + index });
    const size = 1 + random.below(4);
    const baseSequence = next[producer]!;
    next[producer]! += size;
    const numbers = { producerId: 5_000 + producer, producerEpoch: producer, baseSequence };
    return batch({ ...numbers, count: size, timestamp: startMs + index, value: random.bytes(30) });
  });
}

export const fileScenarios: readonly FileScenario[] = [
  {
    name: "by size",
    configs: { "internal.segment.bytes": "3000", "index.interval.bytes": "500" },
    config: { segmentBytes: 3_000, indexIntervalBytes: 500 },
    batches: () => wandering(1, 120, 10),
  },
  {
    name: "by time",
    configs: { "segment.ms": `${40 * hour}`, "index.interval.bytes": "300" },
    config: { segmentMs: 40 * hour, indexIntervalBytes: 300 },
    batches: () => wandering(2, 120, hour),
  },
  {
    name: "by a full index",
    configs: { "segment.index.bytes": "100", "index.interval.bytes": "100" },
    config: { segmentIndexBytes: 100, indexIntervalBytes: 100 },
    batches: () => wandering(3, 120, 5, 150),
  },
  {
    name: "an entry for each batch",
    configs: { "internal.segment.bytes": "2000", "index.interval.bytes": "0" },
    config: { segmentBytes: 2_000, indexIntervalBytes: 0 },
    batches: () => wandering(4, 80, 7),
  },
  {
    name: "in time for compaction",
    configs: { "cleanup.policy": "compact", "max.compaction.lag.ms": `${30 * hour}`, "segment.ms": `${50 * hour}` },
    config: { isCompacted: true, isDeleted: false, maxCompactionLagMs: 30 * hour, segmentMs: 50 * hour },
    batches: () => wandering(5, 60, hour),
  },
  {
    name: "idempotent producers",
    configs: { "internal.segment.bytes": "2500", "index.interval.bytes": "400" },
    config: { segmentBytes: 2_500, indexIntervalBytes: 400 },
    batches: () => producers(6, 100),
  },
  {
    name: "preallocated",
    configs: { "internal.segment.bytes": "3000", preallocate: "true" },
    config: { segmentBytes: 3_000, preallocates: true },
    batches: () => wandering(7, 60, 10),
  },
];

/** What the files of a partition say, by name. */
export function describeFiles(disk: Disk, directory: string): Record<string, unknown> {
  const files: Record<string, unknown> = {};
  for (const name of disk.list(directory)) {
    const path = `${directory}/${name}`;
    if (name === "partition.metadata") continue;
    if (name.endsWith(".snapshot")) files[name] = producersOf(disk, path);
    else if (name.endsWith(".log")) files[name] = digest(disk.readFile(path));
    else if (name.endsWith("index")) files[name] = disk.readFile(path).toString("hex");
    else files[name] = disk.readFile(path).toString();
  }
  return files;
}

function digest(bytes: Buffer): string {
  return `${bytes.length} bytes, ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
}

function producersOf(disk: Disk, path: string): unknown {
  const entries = readProducerSnapshot(disk, path);
  return entries
    ?.map(({ producerId, producerEpoch, coordinatorEpoch, lastTimestamp, transactionFirstOffset, batches }) => {
      return [producerId, producerEpoch, coordinatorEpoch, lastTimestamp, transactionFirstOffset, ...batches];
    })
    .sort((one, other) => Number(one[0]) - Number(other[0]));
}
