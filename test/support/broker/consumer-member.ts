import { setTimeout as sleep } from "node:timers/promises";
import { call } from "../../../bench/harness/admin.ts";
import { waitUntil } from "./wait-until.ts";
import { type ApiResponse, apis } from "../../../src/protocol/apis.ts";

export interface ConsumerMemberOptions {
  readonly port: number;
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId?: string;
  readonly topics: readonly string[];
}

type Owned = NonNullable<ApiResponse<"consumerGroupHeartbeat">["assignment"]>["topicPartitions"];

const heartbeatVersion = 1;
const rebalanceTimeoutMs = 60_000;
const heartbeatMs = 300;

/** A member of a group of the consumer protocol that owns whatever it is assigned at once, and reads nothing. */
export class ConsumerMember {
  readonly #options: ConsumerMemberOptions;
  #epoch = 0;
  #owned: Owned = [];
  #isGone = false;
  #beating: Promise<void> = Promise.resolve();

  private constructor(options: ConsumerMemberOptions) {
    this.#options = options;
  }

  static async join(options: ConsumerMemberOptions): Promise<ConsumerMember> {
    const member = new ConsumerMember(options);
    const { port, groupId } = options;
    // The topic of groups comes into being when somebody asks for a coordinator, and is there a moment later.
    await waitUntil("a coordinator", async () => {
      const { coordinators } = await call(port, apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] });
      if (coordinators[0]?.errorCode !== 0) return `error ${coordinators[0]?.errorCode}`;
      return member.#beat().then(
        () => undefined,
        (error: Error) => error.message,
      );
    });
    member.#beating = member.#goOn();
    return member;
  }

  /** Ends the heartbeats, without a word to the coordinator. */
  async stop(): Promise<void> {
    this.#isGone = true;
    await this.#beating;
  }

  async #goOn(): Promise<void> {
    while (!this.#isGone) {
      await sleep(heartbeatMs);
      if (!this.#isGone) await this.#beat();
    }
  }

  async #beat(): Promise<void> {
    const { port, groupId, memberId, instanceId, topics } = this.#options;
    const isJoining = this.#epoch === 0;
    const answer = await call(port, apis.consumerGroupHeartbeat, heartbeatVersion, {
      groupId,
      memberId,
      memberEpoch: this.#epoch,
      instanceId: instanceId ?? null,
      rebalanceTimeoutMs: isJoining ? rebalanceTimeoutMs : -1,
      subscribedTopicNames: isJoining ? [...topics] : null,
      serverAssignor: isJoining ? "uniform" : null,
      topicPartitions: this.#owned.map(({ topicId, partitions }) => ({ topicId, partitions: [...partitions] })),
    });
    if (answer.errorCode !== 0) throw new Error(`${memberId}: ${answer.errorMessage}`);
    this.#epoch = answer.memberEpoch;
    if (answer.assignment !== null) this.#owned = answer.assignment.topicPartitions;
  }
}
