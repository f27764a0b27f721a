import { Admin } from "../client/admin/admin.ts";
import { type Cluster } from "../client/cluster.ts";
import { type CommittedOffset, type GroupAdmin } from "../client/admin/group-admin.ts";
import { ClientError, executionError } from "../client/kafka-error.ts";
import { listOffsets } from "../client/admin/partition-offsets.ts";
import { type TopicDescription } from "../client/admin/topic-admin.ts";
import { partitionName, type TopicPartition } from "../client/topic-partition.ts";
import { type TellDone } from "../command/status-line.ts";
import { type Terminal } from "../command/terminal.ts";
import { type ConsumerGroupsOptions } from "./consumer-groups-options.ts";

const partitionsPerAnswer = 2_000;
/** Groups of consumers, and groups that nobody but their offsets tells of. */
const consumerProtocols = ["", "consumer"];

/** What every action works with. */
export class GroupContext {
  readonly options: ConsumerGroupsOptions;
  readonly terminal: Terminal;
  readonly groups: GroupAdmin;
  readonly #cluster: Cluster;
  readonly #timeoutMs: number;
  readonly #admin: Admin;

  constructor(options: ConsumerGroupsOptions, terminal: Terminal, cluster: Cluster, timeoutMs: number) {
    this.options = options;
    this.terminal = terminal;
    this.#cluster = cluster;
    this.#timeoutMs = timeoutMs;
    this.#admin = new Admin(cluster, timeoutMs);
    this.groups = this.#admin.groups;
  }

  /** Runs work on so many groups, of which a person at a terminal sees how many are done. */
  track<T>(what: string, groups: number, run: (tell: TellDone) => Promise<T>): Promise<T> {
    return this.terminal.track({ what, total: groups, unit: "groups" }, run);
  }

  nowMs(): number {
    return this.#cluster.ports.clock.wallMs();
  }

  /** The groups that the command line names. @throws ClientError */
  async groupIds(): Promise<readonly string[]> {
    return this.options.has("all-groups") ? this.consumerGroups() : this.options.all("group");
  }

  /** All groups of consumers. @throws ClientError */
  async consumerGroups(): Promise<string[]> {
    const groups = await this.groups.list({ protocolTypes: consumerProtocols }).catch(runtimeError);
    return groups.map(({ groupId }) => groupId);
  }

  /** @throws ClientError */
  committedOffsets(groupId: string): Promise<CommittedOffset[]> {
    return this.groups.committedOffsets(groupId).catch(runtimeError);
  }

  /** @throws KafkaError for the first topic that cannot be described */
  async describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    const wanted = [...new Set(names)];
    return wanted.length === 0 ? [] : this.#admin.topics.describe(wanted, partitionsPerAnswer);
  }

  /**
   * The offset of each partition at a time, or that which a special timestamp stands for, by name of the partition.
   * @throws ClientError when one of them cannot be told
   */
  async offsets(partitions: readonly TopicPartition[], timestamp: number): Promise<Map<string, number>> {
    const results = await listOffsets(this.#cluster, this.#timeoutMs, partitions, timestamp);
    return new Map(
      partitions.map((partition) => {
        const name = partitionName(partition);
        const result = results.get(name) ?? -1;
        return [name, result instanceof ClientError ? runtimeError(result) : result];
      }),
    );
  }
}

/** What an action of the Java tool fails with that waited for its client: both wrappers show in the message. */
export function runtimeError(error: unknown): never {
  try {
    executionError(error);
  } catch (wrapped) {
    if (!(wrapped instanceof ClientError)) throw wrapped;
    throw new ClientError("java.lang.RuntimeException", `${wrapped.kind}: ${wrapped.message}`, false, wrapped);
  }
}

/** An error that the tool prints without a cause. */
export function printError(terminal: Terminal, message: string): void {
  terminal.print(`\nError: ${message}\n`);
}
