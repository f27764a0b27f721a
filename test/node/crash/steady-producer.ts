import { setTimeout as sleep } from "node:timers/promises";
import { type ApiRequest } from "../../../src/protocol/apis.ts";
import { errorName, Errors } from "../../../src/protocol/errors.ts";
import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { frameOf, RawConnection } from "../network/raw-connection.ts";

const recordsOfBatch = 5;
/** What a broker may answer while it starts; everything else is a failure. */
const transient = new Set<number>([
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.UNKNOWN_TOPIC_OR_PARTITION,
  Errors.LEADER_NOT_AVAILABLE,
  Errors.NOT_ENOUGH_REPLICAS,
  Errors.KAFKA_STORAGE_ERROR,
]);

export interface ProducerOptions {
  readonly port: number;
  readonly topic: string;
  readonly partition: number;
  readonly acks: 1 | -1;
  readonly isIdempotent: boolean;
}

/** Produces batch after batch to one partition, each again and again until it is acknowledged. */
export class SteadyProducer {
  readonly options: ProducerOptions;
  /** The values of the batches that were acknowledged, in their order. */
  readonly acknowledged: string[] = [];
  /** Sends and does not hear the answers: as long as this is set, it sends the same batch again and again. */
  isDeaf = false;
  /** What came of its last attempts, for whoever waits for it in vain. */
  last = "nothing";
  #connection: RawConnection | undefined;
  #isEnding = false;
  readonly #run: Promise<unknown>;

  constructor(options: ProducerOptions) {
    this.options = options;
    this.#run = this.#work().then(
      () => undefined,
      (error: unknown) => {
        this.last = `it gave up: ${String(error)}`;
        return error;
      },
    );
  }

  /** Ends it, in the middle of a batch if need be. @throws what made it stop before */
  async stop(): Promise<void> {
    this.#isEnding = true;
    this.#connection?.close();
    const failure = await this.#run;
    if (failure !== undefined) throw failure as Error;
  }

  async #work(): Promise<void> {
    const { topic, partition, acks, isIdempotent } = this.options;
    const identity = isIdempotent ? await this.#insist(identityOf) : undefined;
    for (let sequence = 0; !this.#isEnding; sequence += recordsOfBatch) {
      const values = Array.from({ length: recordsOfBatch }, (_, index) => `${topic}-${partition}-${sequence + index}`);
      const records = buildBatch({
        records: values.map((value, offsetDelta) => ({
          key: null,
          value: Buffer.from(value),
          // A producer whose batches are older than a day is forgotten at the next start.
          timestamp: Date.now(),
          offsetDelta,
        })),
        ...(identity && {
          producerId: identity.producerId,
          producerEpoch: identity.producerEpoch,
          baseSequence: sequence,
        }),
      });
      const request = {
        acks,
        timeoutMs: 5_000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
      };
      if ((await this.#insist((connection) => this.#produce(connection, request))) !== undefined)
        this.acknowledged.push(...values);
    }
  }

  async #produce(connection: RawConnection, request: ProduceRequest): Promise<true | undefined> {
    if (!this.isDeaf) return this.#produced(connection, request);
    connection.write(frameOf("produce", 9, 1, request));
    await sleep(20);
    throw new Error("The answer was lost");
  }

  async #produced(connection: RawConnection, request: ProduceRequest): Promise<true | undefined> {
    this.last = "asked";
    const { responses } = await connection.ask("produce", 9, request);
    const code = responses[0]?.partitionResponses[0]?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR;
    this.last = errorName(code);
    if (code === Errors.NONE || code === Errors.DUPLICATE_SEQUENCE_NUMBER) return true;
    if (transient.has(code)) return undefined;
    throw new ProduceFailure(errorName(code));
  }

  /** Tries until it succeeds; undefined when the producer is to end. */
  async #insist<T>(attempt: (connection: RawConnection) => Promise<T | undefined>): Promise<T | undefined> {
    while (!this.#isEnding) {
      const result = await this.#connected()
        .then(attempt)
        .catch((error: unknown) => {
          if (error instanceof ProduceFailure) throw error;
          this.last = String(error);
          this.#connection?.close();
          this.#connection = undefined;
        });
      if (result !== undefined) return result;
      await sleep(10);
    }
    return undefined;
  }

  async #connected(): Promise<RawConnection> {
    return (this.#connection ??= await RawConnection.open(this.options.port));
  }
}

type ProduceRequest = Draft<ApiRequest<"produce">>;

class ProduceFailure extends Error {}

async function identityOf(connection: RawConnection) {
  const request = { transactionalId: null, transactionTimeoutMs: 1_000 };
  const { errorCode, producerId, producerEpoch } = await connection.ask("initProducerId", 4, request);
  return errorCode === Errors.NONE ? { producerId, producerEpoch } : undefined;
}
