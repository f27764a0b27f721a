import { Errors } from "../../protocol/errors.ts";
import { type Cluster } from "./cluster.ts";
import { type Connection } from "./connection.ts";
import { DisconnectError, KafkaError, throwIfError, TimeoutError } from "./kafka-error.ts";
import { type TopicPartition } from "./topic-partition.ts";

const transactionKeyType = 1;
const staleCoordinator: readonly number[] = [Errors.NOT_COORDINATOR, Errors.COORDINATOR_NOT_AVAILABLE];
const staleLeader: readonly number[] = [
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.REPLICA_NOT_AVAILABLE,
  Errors.BROKER_NOT_AVAILABLE,
  Errors.UNKNOWN_TOPIC_OR_PARTITION,
];

/** Who is asked about a transaction, or about a partition's part in it; what may pass is tried again. */
export class TransactionCalls {
  readonly #cluster: Cluster;
  readonly #timeoutMs: number;

  constructor(cluster: Cluster, timeoutMs: number) {
    this.#cluster = cluster;
    this.#timeoutMs = timeoutMs;
  }

  /** Asks the coordinator of a transactional id. */
  async fromCoordinator<T>(
    transactionalId: string,
    call: string,
    ask: (connection: Connection) => Promise<T>,
  ): Promise<{ broker: number; answer: T }> {
    return this.retry(call, async () => {
      const { coordinators } = await this.#cluster.sendToAny("findCoordinator", {
        keyType: transactionKeyType,
        coordinatorKeys: [transactionalId],
      });
      const [found] = coordinators;
      if (found === undefined) throw new DisconnectError();
      throwIfError(found.errorCode, found.errorMessage);
      return { broker: found.nodeId, answer: await ask(await this.brokerConnection(found.nodeId)) };
    });
  }

  /** Asks the leader of a partition, which is waited for, or one broker. */
  async fromReplica<T>(
    { topic, partition }: TopicPartition,
    api: string,
    brokerId: number | undefined,
    ask: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#cluster.ports;
    const deadlineMs = clock.wallMs() + this.#timeoutMs;
    let tries = 0;
    let call = api;
    try {
      return await this.retry(api, async () => {
        tries++;
        call = `${api}(api=METADATA)`;
        const target = brokerId ?? (await this.#leaderOf(topic, partition));
        call = `${api}(api=${api === "abortTransaction" ? "WRITE_TXN_MARKERS" : "DESCRIBE_PRODUCERS"})`;
        return ask(await this.brokerConnection(target)).catch((error: unknown) => {
          // Where it is led now is looked up before the next try.
          this.#cluster.forgetTopic(topic);
          throw error;
        });
      });
    } catch (error) {
      if (!(error instanceof KafkaError) || error instanceof FinalError || !isStaleLeader(error.code)) throw error;
      const now = clock.wallMs();
      throw new TimeoutError(
        `Call(callName=${call}, deadlineMs=${deadlineMs}, tries=${tries}, nextAllowedTryMs=${now}) timed out at ${now} after ${tries} attempt(s)`,
      );
    }
  }

  async #leaderOf(topic: string, partition: number): Promise<number> {
    const found = this.#cluster.topic(topic) ?? (await this.#cluster.refreshTopics([topic], false))[0];
    const leader = found?.partitions.find(({ index }) => index === partition)?.leaderId ?? -1;
    if (leader >= 0) return leader;
    this.#cluster.forgetTopic(topic);
    throw new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  async brokerConnection(brokerId: number): Promise<Connection> {
    if (!this.#cluster.knows(brokerId)) await this.#cluster.refreshTopics([], false);
    return this.#cluster.connectionTo(brokerId);
  }

  retry<T>(call: string, attempt: () => Promise<T>): Promise<T> {
    return this.#cluster.retry(`Timed out waiting for a node assignment. Call: ${call}`, this.#timeoutMs, attempt);
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
