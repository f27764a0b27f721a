import { type BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { type GroupLedger } from "./group-ledger.ts";
import { offsetCommit } from "./offset-commit.ts";

/** Sets a group back as `kafka-consumer-groups.sh --reset-offsets` does, which the group must not have members for. */
export class OffsetReset implements SimulatedClient {
  readonly name: string;
  isFrozen = false;
  readonly #world: BrokerWorld;
  readonly #ledger: GroupLedger;

  constructor(name: string, world: BrokerWorld, ledger: GroupLedger) {
    this.name = name;
    this.#world = world;
    this.#ledger = ledger;
  }

  async run(): Promise<void> {
    const { draw } = this.#world;
    const partition = draw(this.#ledger.inputCounts.length);
    const offset = draw(this.#ledger.committed(partition) + 1);
    const nobody = { memberId: "", generationId: -1, instanceId: null };
    const commit = offsetCommit({ ...nobody, partition, offset }, this.#ledger, true);
    await this.#world.ask(this, `set ${partition} back to ${offset}`, commit);
  }
}
