import { Errors } from "../../../protocol/errors.ts";
import { type Connection } from "../connection.ts";
import { findCoordinator } from "../find-coordinator.ts";
import { KafkaError } from "../kafka-error.ts";
import { type TopicPartition } from "../topic-partition.ts";
import { type AdminCalls } from "./admin-calls.ts";

const staleCoordinator: readonly number[] = [Errors.NOT_COORDINATOR, Errors.COORDINATOR_NOT_AVAILABLE];
const staleLeader: readonly number[] = [
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.REPLICA_NOT_AVAILABLE,
  Errors.BROKER_NOT_AVAILABLE,
  Errors.UNKNOWN_TOPIC_OR_PARTITION,
];

/** Who is asked about a transaction, or about a partition's part in it; what may pass is tried again. */
export class TransactionCalls {
  readonly #calls: AdminCalls;

  constructor(calls: AdminCalls) {
    this.#calls = calls;
  }

  /** Asks the coordinator of a transactional id. */
  async fromCoordinator<T>(
    transactionalId: string,
    call: string,
    ask: (connection: Connection) => Promise<T>,
  ): Promise<{ broker: number; answer: T }> {
    return this.#calls.retry(call, async () => {
      const { cluster } = this.#calls;
      const { nodeId } = await findCoordinator(cluster, "transaction", transactionalId);
      return { broker: nodeId, answer: await ask(await cluster.reach(nodeId)) };
    });
  }

  /** Asks the leader of a partition, which is waited for, or one broker. */
  async fromReplica<T>(
    { topic, partition }: TopicPartition,
    api: string,
    brokerId: number | undefined,
    ask: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    let call = api;
    const isMissing = (error: KafkaError) => !(error instanceof FinalError) && isStaleLeader(error.code);
    return this.#calls.retryUntilThere(
      api,
      () => call,
      isMissing,
      async () => {
        call = `${api}(api=METADATA)`;
        const target = brokerId ?? (await this.#leaderOf(topic, partition));
        call = `${api}(api=${api === "abortTransaction" ? "WRITE_TXN_MARKERS" : "DESCRIBE_PRODUCERS"})`;
        return ask(await this.#calls.cluster.reach(target)).catch((error: unknown) => {
          // Where it is led now is looked up before the next try.
          this.#calls.cluster.forgetTopic(topic);
          throw error;
        });
      },
    );
  }

  async #leaderOf(topic: string, partition: number): Promise<number> {
    const { cluster } = this.#calls;
    const found = cluster.topic(topic) ?? (await cluster.refreshTopics([topic], false))[0];
    const leader = found?.partitions.find(({ index }) => index === partition)?.leaderId ?? -1;
    if (leader >= 0) return leader;
    cluster.forgetTopic(topic);
    throw new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }
}

/** An answer that ends the operation although its code may come right in a moment elsewhere. */
export class FinalError extends KafkaError {
  override readonly isRetriable: boolean = false;
}

/** Whether the partition is led elsewhere, or not yet. */
export function isStaleLeader(code: number): boolean {
  return staleLeader.includes(code);
}

/** Codes that another try may get over are thrown as they are; others with what the client says of them. */
export function throwUnlessFine(
  code: number,
  messages: Readonly<Record<number, string>> & { otherwise: string },
): void {
  if (code === Errors.NONE) return;
  const isTransient =
    code === Errors.COORDINATOR_LOAD_IN_PROGRESS ||
    code === Errors.CONCURRENT_TRANSACTIONS ||
    staleCoordinator.includes(code) ||
    isStaleLeader(code);
  if (isTransient) throw new KafkaError(code);
  throw new FinalError(code, messages[code] ?? messages.otherwise);
}
