import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { type ErrorCode, errorName, Errors } from "../../src/protocol/errors.ts";
import { promised } from "../../src/server/later-result.ts";
import { testContext } from "../unit/server/test-context.ts";
import { type BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { type InputSource } from "./input-source.ts";
import { type TransactionLedger } from "./transaction-ledger.ts";
import { Violation } from "./violation.ts";

export const outputPartitions = 2;

type Step = "done" | "abort" | "dead";

/** What passes by itself. */
const retriable: ReadonlySet<number> = new Set<ErrorCode>([
  Errors.CONCURRENT_TRANSACTIONS,
  Errors.COORDINATOR_LOAD_IN_PROGRESS,
  Errors.COORDINATOR_NOT_AVAILABLE,
  Errors.NOT_COORDINATOR,
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.NOT_ENOUGH_REPLICAS,
  Errors.REQUEST_TIMED_OUT,
  Errors.KAFKA_STORAGE_ERROR,
  Errors.UNKNOWN_TOPIC_OR_PARTITION,
]);

/** The transaction is lost and the producer perhaps not: ending it tells. */
const abortable: ReadonlySet<number> = new Set<ErrorCode>([
  Errors.TRANSACTION_ABORTABLE,
  Errors.INVALID_PRODUCER_EPOCH,
  Errors.INVALID_TXN_STATE,
  Errors.ILLEGAL_GENERATION,
  Errors.UNKNOWN_MEMBER_ID,
  Errors.FENCED_INSTANCE_ID,
]);

/** Another producer has the transactional id now, or the transaction is over without us. */
const fatal: ReadonlySet<number> = new Set<ErrorCode>([
  Errors.PRODUCER_FENCED,
  Errors.INVALID_PRODUCER_EPOCH,
  Errors.INVALID_TXN_STATE,
  Errors.INVALID_PRODUCER_ID_MAPPING,
]);

/** Reads inputs, writes outputs and commits the inputs' offsets, each round in one transaction; ends when it is fenced. */
export class TransactionWorker implements SimulatedClient {
  readonly name: string;
  isFrozen = false;
  readonly #world: BrokerWorld;
  readonly #ledger: TransactionLedger;
  readonly #transactionalId: string;
  readonly #source: InputSource;
  readonly #isBumping: boolean;
  /** A short one ends what a worker that stands still has begun; with a long one it can go on. */
  readonly #timeoutMs: number;
  #producerId = -1;
  #producerEpoch = -1;
  #sequences: number[] = [];
  #count = 0;
  /**
   * A request of this transaction has got no answer: before KIP-890 it might still arrive in the next one, so producers get
   * themselves another epoch. What they ask of the coordinator is in danger then whatever they do, and is not made late.
   */
  #isInDoubt = false;

  constructor(
    name: string,
    transactionalId: string,
    source: InputSource,
    world: BrokerWorld,
    ledger: TransactionLedger,
  ) {
    this.name = name;
    this.#transactionalId = transactionalId;
    this.#source = source;
    this.#world = world;
    this.#ledger = ledger;
    this.#isBumping = world.transactionVersion >= 2;
    this.#timeoutMs = world.draw(3) === 0 ? 12_000 : 120_000;
  }

  async run(): Promise<void> {
    if (!(await this.#init())) return;
    while (!this.#ledger.isDone) {
      await this.#source.refresh(this);
      const inputs = this.#drawInputs();
      if (inputs.size === 0) {
        await this.#world.turn(this);
        continue;
      }
      if ((await this.#transact(inputs)) === "dead") return;
      if (this.#isInDoubt && !this.#isBumping && !(await this.#init(true))) return;
    }
  }

  /** `isAgain`: another epoch for the same producer, unless somebody else has the id by now (KIP-360). */
  async #init(isAgain = false): Promise<boolean> {
    const expected = isAgain ? { producerId: this.#producerId, producerEpoch: this.#producerEpoch } : undefined;
    for (;;) {
      const call = {
        transactionalId: this.#transactionalId,
        timeoutMs: this.#timeoutMs,
        expected,
        enableTwoPhaseCommit: false,
        keepPreparedTransaction: false,
      };
      const answer = await this.#world.ask(this, "init", ({ transactions }) => transactions.initProducer(call));
      if (answer === undefined || retriable.has(answer.errorCode)) continue;
      if (answer.errorCode !== Errors.NONE) {
        // At the last of the epochs Kafka fails for who has an earlier one, be it fenced or was its answer lost.
        const isUsedUp = isAgain && this.#producerEpoch > 32_700 && answer.errorCode === Errors.UNKNOWN_SERVER_ERROR;
        if (isUsedUp || fatal.has(answer.errorCode)) return false;
        throw new Violation(`${this.name}: InitProducerId: ${errorName(answer.errorCode)}`);
      }
      this.#take(answer);
      return true;
    }
  }

  #take({ producerId, producerEpoch }: { readonly producerId: number; readonly producerEpoch: number }): void {
    this.#producerId = producerId;
    this.#producerEpoch = producerEpoch;
    this.#sequences = [];
    this.#isInDoubt = false;
  }

  /** How many inputs of which partitions are next. */
  #drawInputs(): Map<number, number> {
    const inputs = new Map<number, number>();
    for (const [partition, position] of this.#source.positions) {
      const left = this.#ledger.inputCounts[partition]! - position;
      if (left > 0) inputs.set(partition, 1 + this.#world.draw(Math.min(left, 3)));
    }
    return inputs;
  }

  async #transact(inputs: ReadonlyMap<number, number>): Promise<Step> {
    const key = `${this.name}#${this.#count++}`;
    const known = this.#ledger.begin(key);
    const { draw, isCalm } = this.#world;
    const positions = new Map(this.#source.positions);
    const outputs: string[][] = Array.from({ length: this.#world.cluster.partitionCount("out") }, () => []);
    for (const [partition, count] of inputs) {
      for (let index = 0; index < count; index++) {
        outputs[draw(outputs.length)]!.push(`${partition}:${positions.get(partition)! + index}`);
      }
    }
    let state: Step = "done";
    const commitsFirst = draw(4) === 0;
    if (commitsFirst) state = await this.#commitOffsets(inputs, positions);
    for (let partition = 0; partition < outputs.length && state === "done"; partition++) {
      for (const values of pieces(outputs[partition]!, draw(2) === 0)) {
        if (state === "done") state = await this.#produce(key, partition, values);
        if (state === "done") known.written.push(...values);
      }
    }
    if (state === "done" && !commitsFirst) state = await this.#commitOffsets(inputs, positions);
    if (state === "dead") return state;
    const isCommit = state === "done" && (isCalm || draw(4) > 0);
    known.isEndSent = true;
    known.isCommitSent = isCommit;
    const ended = await this.#end(isCommit);
    known.outcome = ended === "done" ? (isCommit ? "committed" : "aborted") : isCommit ? "unknown" : "aborted";
    if (ended !== "done") return "dead";
    if (isCommit) this.#source.advance(inputs);
    return ended;
  }

  async #produce(key: string, partition: number, values: readonly string[]): Promise<Step> {
    const added = await this.#add([{ topic: "out", partition }]);
    if (added !== "done") return added;
    const { time } = this.#world;
    const batch = () =>
      buildBatch({
        producerId: this.#producerId,
        producerEpoch: this.#producerEpoch,
        baseSequence: this.#sequences[partition] ?? 0,
        isTransactional: true,
        records: values.map((value) => ({
          key: Buffer.from(key),
          value: Buffer.from(value),
          timestamp: time.wallMs(),
        })),
      });
    const records = batch();
    const result = await this.#persist("produce", async ({ produce }) => {
      const request = {
        transactionalId: this.#transactionalId,
        acks: -1,
        timeoutMs: 5_000,
        topicData: [
          {
            name: "out",
            topicId: "AAAAAAAAAAAAAAAAAAAAAA",
            partitionData: [{ index: partition, records: Buffer.from(records) }],
          },
        ],
      };
      const context = testContext({ apiKey: 0, apiVersion: this.#isBumping ? 12 : 11, clientId: this.name });
      const answer = await promised(produce.handle(request, { ...context, connection: { ...context.connection } }));
      if (answer === null || typeof answer !== "object" || !("responses" in answer))
        throw new Violation("no answer to a produce request");
      return answer.responses?.[0]?.partitionResponses?.[0]?.errorCode ?? -1;
    });
    if (result === "done") this.#sequences[partition] = (this.#sequences[partition] ?? 0) + values.length;
    return result;
  }

  async #commitOffsets(inputs: ReadonlyMap<number, number>, positions: ReadonlyMap<number, number>): Promise<Step> {
    const added = await this.#add([{ topic: "__consumer_offsets", partition: 0 }]);
    if (added !== "done") return added;
    const request = {
      transactionalId: this.#transactionalId,
      groupId: "g",
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      ...this.#source.member,
      groupInstanceId: null,
      topics: [
        {
          name: "in",
          partitions: [...inputs].map(([partitionIndex, count]) => ({
            partitionIndex,
            committedOffset: positions.get(partitionIndex)! + count,
            committedLeaderEpoch: -1,
            committedMetadata: null,
          })),
        },
      ],
    };
    return this.#persist("commit offsets", async ({ groups }) => {
      const answer = await groups.commitTransactionalOffsets(request, this.#isBumping ? 5 : 4);
      return answer.topics?.[0]?.partitions?.map(({ errorCode = 0 }) => errorCode).find((code) => code !== 0) ?? 0;
    });
  }

  /** Before KIP-890 producers add partitions themselves. */
  async #add(partitions: readonly { topic: string; partition: number }[]): Promise<Step> {
    if (this.#isBumping) return "done";
    const request = {
      transactionalId: this.#transactionalId,
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      partitions,
      clientVersion: 0,
    };
    return this.#persist("add partitions", ({ transactions }) => transactions.addPartitionsPatiently(request));
  }

  /** Tries a request a few times. */
  async #persist(
    what: string,
    call: Parameters<BrokerWorld["ask"]>[2] & ((...of: never[]) => Promise<number>),
  ): Promise<Step> {
    for (let attempt = 0; attempt < 6 || this.#world.isCalm; attempt++) {
      const errorCode = await this.#world.ask<number>(this, what, call as never, this.#isBumping);
      if (errorCode === Errors.NONE || errorCode === Errors.DUPLICATE_SEQUENCE_NUMBER) return "done";
      if (errorCode === undefined) this.#isInDoubt = true;
      else if (abortable.has(errorCode)) return "abort";
      else if (fatal.has(errorCode)) return "dead";
      else if (!retriable.has(errorCode))
        throw new Violation(`${this.name}: ${what}: ${errorName(errorCode as ErrorCode)}`);
    }
    return "abort";
  }

  /** Asks until it is told how the transaction ended. */
  async #end(isCommit: boolean): Promise<Step> {
    const request = {
      transactionalId: this.#transactionalId,
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      isCommit,
      clientVersion: this.#isBumping ? 2 : 0,
    };
    for (;;) {
      const what = isCommit ? "commit" : "abort";
      const answer = await this.#world.ask(
        this,
        what,
        ({ transactions }) => transactions.endTransaction(request),
        this.#isBumping,
      );
      if (answer === undefined) continue;
      const { errorCode } = answer;
      if (errorCode === Errors.NONE) {
        if (this.#isBumping) this.#take(answer);
        return "done";
      }
      if (fatal.has(errorCode)) return "dead";
      if (!retriable.has(errorCode)) throw new Violation(`${this.name}: EndTxn: ${errorName(errorCode)}`);
    }
  }
}

function pieces(values: readonly string[], isSplit: boolean): (readonly string[])[] {
  if (values.length === 0) return [];
  return isSplit && values.length > 1 ? [values.slice(0, 1), values.slice(1)] : [values];
}
