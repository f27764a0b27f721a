import { expect } from "vitest";
import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { createTopic } from "../../../bench/harness/admin.ts";
import { RawConnection } from "./raw-connection.ts";

let started = 0;

/** A client that does nothing wrong: it produces a record and reads it back, again and again, whatever others do. */
export class Bystander {
  readonly #topic: string;
  readonly #connection: RawConnection;
  #rounds = 0;
  #slowestMs = 0;
  #isEnding = false;
  readonly #run: Promise<unknown>;

  private constructor(topic: string, connection: RawConnection) {
    this.#topic = topic;
    this.#connection = connection;
    this.#run = this.#work().then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  static async start(port: number): Promise<Bystander> {
    const topic = `bystander-${started++}`;
    await createTopic(port, topic, 1);
    return new Bystander(topic, await RawConnection.open(port));
  }

  /** Ends it. It must have come round, been answered in time, and never noticed anything. */
  async stop(slowestMsMax = 30_000): Promise<void> {
    this.#isEnding = true;
    expect(await this.#run).toBeUndefined();
    this.#connection.close();
    expect(this.#rounds).toBeGreaterThan(1);
    expect(this.#slowestMs).toBeLessThan(slowestMsMax);
  }

  async #work(): Promise<void> {
    for (let round = 0; !this.#isEnding || round < 2; round++) {
      const startMs = performance.now();
      await this.#once(round);
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startMs);
      this.#rounds = round + 1;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async #once(round: number): Promise<void> {
    const value = Buffer.from(`round ${round}`);
    const records = buildBatch({ records: [{ key: null, value, timestamp: 1_790_000_000_000 }] });
    const produced = await this.#connection.ask("produce", 9, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: this.#topic, partitionData: [{ index: 0, records }] }],
    });
    expect(produced.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: round });
    const fetched = await this.#connection.ask("fetch", 12, {
      maxWaitMs: 10_000,
      minBytes: 1,
      topics: [{ topic: this.#topic, partitions: [{ partition: 0, fetchOffset: round, partitionMaxBytes: 10_000 }] }],
    });
    const batch = [...batches(fetched.responses[0]?.partitions[0]?.records as Buffer)][0]!;
    expect([...recordsOf(batch, payloadOf(batch))].map((record) => String(record.value))).toEqual([String(value)]);
  }
}
