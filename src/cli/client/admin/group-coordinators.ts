import { Errors } from "../../../protocol/errors.ts";
import { type TellDone } from "../../command/status-line.ts";
import { type Connection } from "../connection.ts";
import { type AdminCalls } from "./admin-calls.ts";
import { type Coordinator, keyTypes } from "../find-coordinator.ts";
import { type ClientError, DisconnectError, KafkaError, throwIfError } from "../kafka-error.ts";

type Ask<T> = (
  connection: Connection,
  coordinator: Coordinator,
  groupIds: readonly string[],
) => Promise<Map<string, T>>;

/** The group has another coordinator, or will be answered for in a moment. */
const passing = new Set<number>([
  Errors.COORDINATOR_LOAD_IN_PROGRESS,
  Errors.COORDINATOR_NOT_AVAILABLE,
  Errors.NOT_COORDINATOR,
  Errors.REBALANCE_IN_PROGRESS,
]);

/** Finds the brokers that coordinate groups, and asks each about its own. */
export class GroupCoordinators {
  readonly #calls: AdminCalls;

  constructor(calls: AdminCalls) {
    this.#calls = calls;
  }

  /**
   * Asks about groups, again and again about those whose coordinator is not ready.
   * @param tell takes how many groups are answered for, each time that a coordinator answered
   * @throws ClientError when time is up
   */
  async ask<T>(
    call: string,
    groupIds: readonly string[],
    ask: Ask<T>,
    tell?: TellDone,
  ): Promise<Map<string, T | ClientError>> {
    const results = new Map<string, T | ClientError>();
    await this.#calls.retry(call, async () => {
      const open = [...new Set(groupIds)].filter((id) => !results.has(id));
      let wait: KafkaError | undefined;
      for (const { coordinator, ids } of await this.#find(open, results)) {
        const connection = await this.#calls.cluster.connectionTo(coordinator.nodeId);
        for (const [id, result] of await ask(connection, coordinator, ids)) {
          if (result instanceof KafkaError && passing.has(result.code)) wait = result;
          else results.set(id, result);
        }
        await tell?.(results.size);
      }
      if (wait !== undefined) throw wait;
    });
    return results;
  }

  async #find(
    groupIds: readonly string[],
    results: Map<string, unknown>,
  ): Promise<Iterable<{ coordinator: Coordinator; ids: string[] }>> {
    const found = new Map<number, { coordinator: Coordinator; ids: string[] }>();
    if (groupIds.length === 0) return [];
    const { coordinators } = await this.#calls.cluster.sendToAny("findCoordinator", {
      keyType: keyTypes.group,
      coordinatorKeys: [...groupIds],
    });
    for (const { key, errorCode, errorMessage, nodeId, host, port } of coordinators) {
      if (passing.has(errorCode)) throwIfError(errorCode, errorMessage);
      if (errorCode !== Errors.NONE) {
        results.set(key, new KafkaError(errorCode, errorMessage));
        continue;
      }
      const entry = found.get(nodeId) ?? { coordinator: { nodeId, host, port }, ids: [] };
      entry.ids.push(key);
      found.set(nodeId, entry);
    }
    if (coordinators.length === 0) throw new DisconnectError();
    const { cluster } = this.#calls;
    for (const nodeId of found.keys()) if (!cluster.knows(nodeId)) await cluster.refreshTopics([], false);
    return found.values();
  }
}
