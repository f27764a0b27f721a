import { errorName, Errors, type ErrorCode } from "../../src/protocol/errors.ts";
import { type BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { type ClassicInput } from "./classic-input.ts";
import { type GroupInput } from "./group-input.ts";
import { type GroupLedger } from "./group-ledger.ts";
import { passing } from "./input-source.ts";
import { offsetCommit } from "./offset-commit.ts";
import { Violation } from "./violation.ts";

/** Works on what its group gives it, and commits how far it is. */
export class GroupMember implements SimulatedClient {
  readonly name: string;
  isFrozen = false;
  /** It stops at its next turn; "away": for its instance to come back. */
  isToLeave: false | "away" | "forGood" = false;
  readonly #source: ClassicInput | GroupInput;
  readonly #world: BrokerWorld;
  readonly #ledger: GroupLedger;
  #isFenced = false;

  constructor(name: string, source: ClassicInput | GroupInput, world: BrokerWorld, ledger: GroupLedger) {
    this.name = name;
    this.#source = source;
    this.#world = world;
    this.#ledger = ledger;
  }

  get instanceId(): string | null {
    return this.#source.instanceId;
  }

  /** An id that was told and not written down, as of those that join, is gone with the broker, and an earlier one back. */
  get mayFenceItself(): boolean {
    return this.#source.hasHadOtherId;
  }

  /** True when it ended because another has its instance id. */
  async run(): Promise<boolean> {
    while (!this.#ledger.isDone && this.isToLeave === false) {
      await this.#source.refresh(this);
      if (this.#isFenced || this.#source.isFenced) return true;
      const open = [...this.#source.positions].filter(([each, position]) => position < this.#ledger.inputCounts[each]!);
      const chosen = open[this.#world.draw(Math.max(1, open.length))];
      if (chosen === undefined) await this.#world.turn(this);
      else await this.#commit(...chosen);
    }
    if (this.isToLeave !== false) await this.#source.leave(this, this.isToLeave === "away");
    return false;
  }

  async #commit(partition: number, position: number): Promise<void> {
    const commit = { ...this.#source.member, instanceId: this.instanceId, partition, offset: position + 1 };
    const errorCode = await this.#world.ask(
      this,
      `commit ${partition} ${position + 1}`,
      offsetCommit(commit, this.#ledger, false),
      offsetCommit(commit, this.#ledger, true),
    );
    if (errorCode === Errors.NONE) this.#source.goOn(partition);
    else this.#source.forget(partition);
    if (errorCode === undefined || errorCode === Errors.NONE || passing.has(errorCode)) return;
    if (errorCode === Errors.FENCED_INSTANCE_ID) this.#isFenced = true;
    else if (errorCode !== Errors.REBALANCE_IN_PROGRESS)
      throw new Violation(`${this.name}: OffsetCommit: ${errorName(errorCode as ErrorCode)}`);
  }
}
