import { type LeaderEpoch, type Offset } from "../../src/base/brand.ts";
import { type BrokerConfig } from "../../src/config/broker-config.ts";
import { type ControllerLog } from "../../src/controller/operation-queue.ts";
import { QuorumController } from "../../src/controller/quorum-controller.ts";
import { type Publisher } from "../../src/metadata/publisher.ts";
import { MetadataLoader } from "../../src/metadata/loader.ts";
import { ManualTime } from "./manual-time.ts";
import { SeededRandom } from "./random-bytes.ts";
import { silentLogger } from "./silent-logger.ts";

/** A log that commits each batch a moment after it was appended. */
class MemoryLog implements ControllerLog {
  endOffset: Offset;
  readonly #loader: MetadataLoader;

  constructor(loader: MetadataLoader, endOffset: Offset) {
    this.#loader = loader;
    this.endOffset = endOffset;
  }

  append(epoch: LeaderEpoch, values: readonly Buffer[]): Offset {
    const baseOffset = this.endOffset;
    const lastOffset = baseOffset + values.length - 1;
    this.endOffset = lastOffset + 1;
    queueMicrotask(() => {
      this.#loader.onCommit([{ baseOffset, lastOffset, epoch, appendTimestampMs: 0, sizeBytes: 0, values }]);
      this.#loader.onCaughtUp();
    });
    return lastOffset;
  }
}

/** The active controller of a cluster whose metadata begins with these records; `publishers` see every change. */
export function memoryController(
  config: BrokerConfig,
  clusterId: string,
  records: readonly Buffer[],
  publishers: readonly Publisher[],
): QuorumController {
  const loader = new MetadataLoader((name, error) => {
    throw new Error(`the publisher ${name} failed`, { cause: error });
  });
  for (const publisher of publishers) loader.addPublisher(publisher);
  const time = new ManualTime();
  const random = new SeededRandom(1);
  const controller = new QuorumController({
    nodeId: config.nodeId,
    clusterId,
    config,
    localIncarnationId: undefined,
    bootstrap: { records: [], metadataVersion: 30, source: "test" },
    log: new MemoryLog(loader, records.length),
    metadata: loader,
    clock: time,
    timers: time,
    random: { float: () => random.below(1_000_000) / 1_000_000, bytes: (length) => random.bytes(length) },
    logger: silentLogger,
  });
  loader.addPublisher(controller);
  loader.onSnapshot({ offset: records.length, epoch: 1 }, 0, [{ kind: "records", values: records }]);
  loader.onCaughtUp();
  loader.onLeaderChange({ leaderId: config.nodeId, epoch: 2 });
  return controller;
}
