import { type Kafka, type KafkaMessage } from "kafkajs";
import { waitUntil } from "../../support/broker/wait-until.ts";

/** Reads what is committed of a topic, from its beginning on. */
export class CommittedRecords {
  readonly records: KafkaMessage[] = [];
  readonly #stop: () => Promise<void>;

  private constructor(stop: () => Promise<void>) {
    this.#stop = stop;
  }

  static async open(kafka: Kafka, topic: string): Promise<CommittedRecords> {
    const consumer = kafka.consumer({ groupId: `reads ${topic}`, readUncommitted: false });
    const opened = new CommittedRecords(() => consumer.disconnect());
    // A client that had to join again starts from what was committed.
    const places = new Set<string>();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        const place = `${partition} ${message.offset}`;
        if (places.has(place)) return;
        places.add(place);
        opened.records.push(message);
      },
    });
    return opened;
  }

  /** @throws Error when `problem` still tells of one after the time */
  until(
    what: string,
    problem: (records: readonly KafkaMessage[]) => string | undefined,
    timeoutMs: number,
  ): Promise<void> {
    return waitUntil(what, async () => problem(this.records), timeoutMs);
  }

  close(): Promise<void> {
    return this.#stop();
  }
}
