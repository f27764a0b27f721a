import { type ApiName, type ApiRequest, type ApiResponse } from "../../../protocol/apis.ts";
import { Errors } from "../../../protocol/errors.ts";
import { type Draft } from "../../../protocol/schema.ts";
import { type Cluster } from "../cluster.ts";
import { type Connection } from "../connection.ts";
import { findCoordinator } from "../find-coordinator.ts";
import { DisconnectError, KafkaError } from "../kafka-error.ts";

/** Answers after which the coordinator is looked for again. */
const coordinatorLost = new Set<number>([Errors.NOT_COORDINATOR, Errors.COORDINATOR_NOT_AVAILABLE]);

/** The coordinator of one group, on a connection of its own: a join that waits there holds up nothing else. */
export class GroupCoordinator {
  readonly groupId: string;
  readonly #cluster: Cluster;
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #isClosed = false;

  constructor(cluster: Cluster, groupId: string) {
    this.#cluster = cluster;
    this.groupId = groupId;
  }

  /** Whether there is a connection that worked last. */
  get isConnected(): boolean {
    return this.#connection?.isClosed === false;
  }

  /**
   * Sends a request to the coordinator, which is found first when it is not known.
   * @throws DisconnectError after `close`
   */
  async send<N extends ApiName>(name: N, request: Draft<ApiRequest<N>>, timeoutMs?: number): Promise<ApiResponse<N>> {
    const connection = await this.#connected();
    return connection.send(name, request, timeoutMs);
  }

  /** Runs `attempt` until it succeeds, fails for good, or `timeoutMs` have passed. */
  retry<T>(timeoutMs: number, attempt: () => Promise<T>): Promise<T> {
    return this.#cluster.retry("The coordinator did not answer", timeoutMs, async () => {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof KafkaError) this.forget(error.code);
        throw error;
      }
    });
  }

  /** Lets go of the coordinator when the code of an answer says that it is not the one. */
  forget(code: number): void {
    if (!coordinatorLost.has(code)) return;
    this.#connection?.close();
    this.#connection = undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
  }

  /** Heartbeats and commits that miss the coordinator at the same time look for it together. */
  #connected(): Promise<Connection> {
    if (this.#isClosed) return Promise.reject(new DisconnectError());
    if (this.#connection?.isClosed === false) return Promise.resolve(this.#connection);
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(): Promise<Connection> {
    const connection = await this.#find();
    if (this.#isClosed) {
      connection.close();
      throw new DisconnectError();
    }
    this.#connection = connection;
    return connection;
  }

  async #find(): Promise<Connection> {
    const { host, port } = await findCoordinator(this.#cluster, "group", this.groupId);
    return this.#cluster.openOwnConnection({ host, port });
  }
}
