import { type Logger } from "../../src/io/ports.ts";
import { BrokerWorld } from "./broker-world.ts";
import { ClassicInput } from "./classic-input.ts";
import { GroupInput } from "./group-input.ts";
import { GroupLedger } from "./group-ledger.ts";
import { GroupMember } from "./group-member.ts";
import { inputTopic } from "./input-source.ts";
import { OffsetReset } from "./offset-reset.ts";
import { demand, demandEqual } from "./violation.ts";

export interface GroupSimulationOptions {
  readonly onTrace?: (line: string) => void;
  readonly logger?: Logger;
}

export interface SimulatedGroup {
  readonly traceHash: string;
  readonly operations: number;
  readonly handovers: number;
  /** How many members had to stop because another had come with their instance id. */
  readonly fencings: number;
}

/**
 * A group whose members come, go, stand still and come back, over a few lives of a broker; of one protocol or of both, so
 * that the group goes over from one to the other; some of them static, of which another takes the place. No two members have
 * a partition, offsets never go back (but where a commit comes late in the same generation, or somebody sets a group back
 * that has no members), every request is answered, and in the end all is processed. Throws a `Violation` when something is
 * other than it has to be.
 */
export async function simulateGroup(seed: number, options: GroupSimulationOptions = {}): Promise<SimulatedGroup> {
  const run = new Run(seed, options);
  for (let life = 1 + run.world.draw(4); life > 0; life--) await run.life();
  return run.finish();
}

class Run {
  readonly world: BrokerWorld;
  readonly #ledger: GroupLedger;
  readonly #kind: "consumer" | "classic" | "both";
  readonly #isStatic: boolean;
  readonly #members = new Set<GroupMember>();
  readonly #instanceStarts = new Map<string, number>();
  #names = 0;
  #fencings = 0;

  constructor(seed: number, options: GroupSimulationOptions) {
    this.world = new BrokerWorld(seed, {
      ...options,
      topics: [inputTopic],
      transactionVersion: 2,
      isCompressing: seed % 4 === 1,
    });
    const { draw } = this.world;
    this.#kind = (["consumer", "classic", "both"] as const)[draw(3)]!;
    this.#isStatic = draw(2) === 0;
    this.#ledger = new GroupLedger(
      Array.from({ length: inputTopic.partitions }, () => 10 + draw(20)),
      this.world,
      this.#kind === "classic",
    );
  }

  async life(): Promise<void> {
    const { world } = this;
    const { draw } = world;
    await world.boot(true);
    if (draw(3) > 0) world.disk.cutAfter(1 + draw(100), (sizeBytes) => draw(sizeBytes + 1));
    await world.live(40 + draw(260), () => this.#onStep());
    world.end();
    await world.settle();
  }

  async finish(): Promise<SimulatedGroup> {
    const { world } = this;
    await world.boot(false);
    await world.finish(
      () => this.#ledger.isDone && world.runningCount === 0,
      () => this.#onStep(),
    );
    const before = await this.#offsets();
    world.end(false);
    await world.settle();
    await world.boot(false);
    await world.advance(1_000);
    demandEqual(await this.#offsets(), before, "offsets after another start");
    this.#ledger.ended(before);
    const { traceHash, operations } = world;
    return { traceHash, operations, handovers: this.#ledger.handovers, fencings: this.#fencings };
  }

  async #onStep(): Promise<void> {
    const { draw, isCalm } = this.world;
    const members = [...this.#members];
    const chosen = members[draw(Math.max(1, members.length))];
    if (members.length < 2 ? draw(3) === 0 : !isCalm && members.length < 5 && draw(40) === 0) this.#start();
    else if (chosen !== undefined && !isCalm && draw(50) === 0) {
      if (draw(3) === 0) chosen.isToLeave = chosen.instanceId !== null && draw(3) > 0 ? "away" : "forGood";
      else chosen.isFrozen = !chosen.isFrozen;
      this.world.trace(
        `${chosen.name} ${chosen.isToLeave !== false ? "is to leave" : chosen.isFrozen ? "stands still" : "is back"}`,
      );
    }
    if (!isCalm && !this.#ledger.isDone) this.#changeTopics();
    await Promise.resolve();
  }

  #changeTopics(): void {
    const { world } = this;
    const { draw } = world;
    const kind = draw(400);
    if (kind < 3 && world.cluster.partitionCount("in") < 6 && world.grow("in")) this.#ledger.grow(10 + draw(20));
    // The coordinator loads its part anew.
    else if (kind < 6) world.interrupt("__consumer_offsets");
    else if (kind < 40) world.resume();
    else if (kind < 45) {
      const reset = new OffsetReset(`r${this.#names++}`, world, this.#ledger);
      world.run(reset, () => reset.run());
    }
  }

  #start(): void {
    const { world } = this;
    if (this.#ledger.isDone) return;
    const number = this.#names++;
    const instanceId = this.#drawInstanceId();
    const isClassic = this.#kind === "classic" || (this.#kind === "both" && world.draw(2) === 0);
    const source = isClassic
      ? new ClassicInput(number, world, this.#ledger, instanceId)
      : new GroupInput(`m${number}`, world, this.#ledger, instanceId);
    const member = new GroupMember(`m${number}`, source, world, this.#ledger);
    this.#members.add(member);
    world.run(member, () => this.#live(member));
  }

  async #live(member: GroupMember): Promise<void> {
    try {
      if (!(await member.run())) return;
      const { name, instanceId } = member;
      this.#fencings++;
      const starts = instanceId === null ? 0 : this.#instanceStarts.get(instanceId)!;
      demand(
        starts > 1 || member.mayFenceItself,
        () => `${name} is fenced, and nobody else ever came with its instance id`,
      );
    } finally {
      this.#members.delete(member);
    }
  }

  /** Of few, so that another may have it, or had it. In the end nobody takes the place of another any more. */
  #drawInstanceId(): string | null {
    const { draw, isCalm } = this.world;
    if (!this.#isStatic || draw(4) === 0) return null;
    const instanceId = isCalm ? `t${this.#names}` : `s${draw(3)}`;
    this.#instanceStarts.set(instanceId, (this.#instanceStarts.get(instanceId) ?? 0) + 1);
    return instanceId;
  }

  async #offsets(): Promise<number[]> {
    const request = { groupId: "g", memberId: null, memberEpoch: -1, topics: null };
    // It may be loading, hundreds of batches that take some milliseconds each to be opened.
    let fetched = await this.world.answerOf(({ groups }) => groups.fetchOffsets(request, true));
    for (let attempt = 0; !fetched.ok && attempt < 200; attempt++) {
      await this.world.advance(100);
      fetched = await this.world.answerOf(({ groups }) => groups.fetchOffsets(request, true));
    }
    demand(fetched.ok, () => "the group's offsets cannot be told");
    const partitions = fetched.response.topics?.[0]?.partitions ?? [];
    // A log that was compacted tells them in another order.
    const sorted = partitions.toSorted((one, other) => (one.partitionIndex ?? 0) - (other.partitionIndex ?? 0));
    return sorted.map(({ committedOffset = -1 }) => committedOffset);
  }
}
