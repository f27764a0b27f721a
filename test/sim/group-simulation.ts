import { type Logger } from "../../src/io/ports.ts";
import { errorName, Errors, type ErrorCode } from "../../src/protocol/errors.ts";
import { BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { ClassicInput, GroupInput } from "./group-input.ts";
import { GroupLedger } from "./group-ledger.ts";
import { inputTopic, passing } from "./input-source.ts";
import { demand, demandEqual, Violation } from "./violation.ts";

export interface GroupSimulationOptions {
  readonly onTrace?: (line: string) => void;
  readonly logger?: Logger;
}

export interface SimulatedGroup {
  readonly traceHash: string;
  readonly operations: number;
  readonly handovers: number;
}

type Source = ClassicInput | GroupInput;

/**
 * A group whose members come, go, stand still and come back, over a few lives of a broker; of one protocol or of both, so
 * that the group goes over from one to the other. No two members have a partition, offsets never go back, every request is
 * answered, and in the end all is processed. Throws a `Violation` when something is other than it has to be.
 */
export async function simulateGroup(seed: number, options: GroupSimulationOptions = {}): Promise<SimulatedGroup> {
  const run = new Run(seed, options);
  for (let life = 1 + run.world.draw(4); life > 0; life--) await run.life();
  return run.finish();
}

/** Works on what its group gives it, and commits how far it is. */
class Member implements SimulatedClient {
  readonly name: string;
  isFrozen = false;
  isToLeave = false;
  readonly #source: Source;
  readonly #world: BrokerWorld;
  readonly #ledger: GroupLedger;

  constructor(name: string, source: Source, world: BrokerWorld, ledger: GroupLedger) {
    this.name = name;
    this.#source = source;
    this.#world = world;
    this.#ledger = ledger;
  }

  async run(): Promise<void> {
    while (!this.#ledger.isDone && !this.isToLeave) {
      await this.#source.refresh(this);
      const open = [...this.#source.positions].filter(([each, position]) => position < this.#ledger.inputCounts[each]!);
      const chosen = open[this.#world.draw(Math.max(1, open.length))];
      if (chosen === undefined) await this.#world.turn(this);
      else await this.#commit(...chosen);
    }
    if (this.isToLeave) await this.#source.leave(this);
  }

  async #commit(partition: number, position: number): Promise<void> {
    const { memberId, generationId } = this.#source.member;
    const committed = { committedLeaderEpoch: -1, committedMetadata: null };
    const request = {
      groupId: "g",
      memberId,
      generationIdOrMemberEpoch: generationId,
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [
        {
          name: "in",
          topicId: inputTopic.id,
          partitions: [{ ...committed, partitionIndex: partition, committedOffset: position + 1 }],
        },
      ],
    };
    const answer = await this.#world.ask(
      this,
      `commit ${partition} ${position + 1}`,
      ({ groups }) => groups.commitOffsets(request, 9),
      false,
    );
    const errorCode = answer?.topics?.[0]?.partitions?.[0]?.errorCode;
    if (errorCode === Errors.NONE) this.#source.advance(new Map([[partition, 1]]));
    else this.#source.forget(partition);
    if (errorCode === undefined || errorCode === Errors.NONE || passing.has(errorCode)) return;
    if (errorCode !== Errors.REBALANCE_IN_PROGRESS)
      throw new Violation(`${this.name}: OffsetCommit: ${errorName(errorCode as ErrorCode)}`);
  }
}

class Run {
  readonly world: BrokerWorld;
  readonly #ledger: GroupLedger;
  readonly #kind: "consumer" | "classic" | "both";
  readonly #members = new Set<Member>();
  #names = 0;

  constructor(seed: number, options: GroupSimulationOptions) {
    this.world = new BrokerWorld(seed, { ...options, topics: [inputTopic], transactionVersion: 2 });
    const { draw } = this.world;
    this.#kind = (["consumer", "classic", "both"] as const)[draw(3)]!;
    this.#ledger = new GroupLedger(
      Array.from({ length: inputTopic.partitions }, () => 10 + draw(20)),
      this.world,
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
    demandEqual(before.sort(), [...this.#ledger.inputCounts].sort(), "the group's offsets");
    const { traceHash, operations } = world;
    return { traceHash, operations, handovers: this.#ledger.handovers };
  }

  async #onStep(): Promise<void> {
    const { draw, isCalm } = this.world;
    const members = [...this.#members];
    const chosen = members[draw(Math.max(1, members.length))];
    if (members.length < 2 ? draw(3) === 0 : !isCalm && members.length < 5 && draw(40) === 0) this.#start();
    else if (chosen !== undefined && !isCalm && draw(50) === 0) {
      if (draw(3) === 0) chosen.isToLeave = true;
      else chosen.isFrozen = !chosen.isFrozen;
      this.world.trace(
        `${chosen.name} ${chosen.isToLeave ? "is to leave" : chosen.isFrozen ? "stands still" : "is back"}`,
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
  }

  #start(): void {
    const { world } = this;
    if (this.#ledger.isDone) return;
    const number = this.#names++;
    const isClassic = this.#kind === "classic" || (this.#kind === "both" && world.draw(2) === 0);
    const source = isClassic
      ? new ClassicInput(number, world, this.#ledger)
      : new GroupInput(`m${number}`, world, this.#ledger);
    const member = new Member(`m${number}`, source, world, this.#ledger);
    this.#members.add(member);
    world.run(member, () => member.run().finally(() => this.#members.delete(member)));
  }

  async #offsets(): Promise<number[]> {
    const request = { groupId: "g", memberId: null, memberEpoch: -1, topics: null };
    // It may be loading.
    let fetched = await this.world.answerOf(({ groups }) => groups.fetchOffsets(request, true));
    for (let attempt = 0; !fetched.ok && attempt < 10; attempt++) {
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
