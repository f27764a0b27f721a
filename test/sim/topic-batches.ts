import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { gzipped } from "./gzip-batches.ts";
import { knownProducer, nextSequence } from "./log-producers.ts";
import { producerName, type SentBatch } from "./topic-appends.ts";
import { type KnownLog } from "./topic-ledger.ts";
import { type Target } from "./topic-produce.ts";
import { type TopicWorld } from "./topic-world.ts";

/** From here on producers write in transactions. */
export const firstTransactional = 10;
const producerIds = [-1, 1, 2, firstTransactional, firstTransactional + 1] as const;

/** The next batch of a producer that is drawn. */
export function drawnBatch(world: TopicWorld, target: Target, known: KnownLog | undefined): SentBatch {
  const { draw } = world;
  const plain = drawnRecords(world, target, known);
  const bytes = draw(6) === 0 ? gzipped(plain) : plain;
  const type = target.log?.config.compressionType;
  const isToBeCompressed = type === "gzip" || (type !== "uncompressed" && bytes !== plain);
  const { producerId } = new BatchView(bytes, 0);
  const producer = producerId < 0 ? undefined : producerName(target.topicId, target.index, producerId);
  return { bytes, isToBeCompressed, producer, appended: undefined, known: undefined };
}

function drawnRecords(world: TopicWorld, { topic, topicId, index, log }: Target, known: KnownLog | undefined): Buffer {
  const { draw, ledger, time, appends } = world;
  const { isCompacted } = world.logConfigOf(topic.name);
  const timestamp = time.wallMs();
  const isKeyed = isCompacted || draw(3) > 0;
  const records = Array.from({ length: 1 + draw(3) }, (_, place) => ({
    key: isKeyed ? Buffer.from(`key ${draw(6)}`) : null,
    // The first one is what a batch is known by.
    value: isKeyed && place > 0 && draw(4) === 0 ? null : ledger.newValue(topicId, index),
    timestamp,
  }));
  const producerId = producerIds[draw(producerIds.length)]!;
  const isBusy = appends.isBusy(producerName(topicId, index, producerId));
  if (producerId < 0 || isBusy || known === undefined || log === undefined) return buildBatch({ records });
  const producer = knownProducer(known.model, log, producerId);
  const isOpen = producer !== undefined && producer.transactionFirstOffset >= 0;
  const isNewEpoch = producer !== undefined && !isOpen && draw(12) === 0;
  const sequence = nextSequence(producer, log, producerId, isNewEpoch);
  return buildBatch({ records, producerId, ...sequence, isTransactional: producerId >= firstTransactional });
}
