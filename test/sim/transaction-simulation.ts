import { type Logger } from "../../src/io/ports.ts";
import { BrokerWorld } from "./broker-world.ts";
import { CommittedReader } from "./committed-reader.ts";
import { ClassicInput } from "./classic-input.ts";
import { GroupInput } from "./group-input.ts";
import { FixedInput, inputTopic, type InputSource } from "./input-source.ts";
import { TransactionLedger } from "./transaction-ledger.ts";
import { outputPartitions, TransactionWorker } from "./transaction-worker.ts";
import { demand, demandEqual } from "./violation.ts";
import { wearEpochs } from "./worn-epochs.ts";

export interface TransactionSimulationOptions {
  readonly onTrace?: (line: string) => void;
  readonly logger?: Logger;
}

export interface SimulatedTransactions {
  readonly traceHash: string;
  readonly operations: number;
}

const outputTopic = { name: "out", id: "AAAAAAAAAAAAAAAAAAAAAg", partitions: outputPartitions };

/**
 * Workers that consume, transform and produce in transactions, over a few lives of a broker: some abort, some stand still
 * until others have taken over and come back as zombies. In the end every input was processed once, as committed readers
 * see it. Throws a `Violation` when something is other than it has to be.
 */
export async function simulateTransactions(
  seed: number,
  options: TransactionSimulationOptions = {},
): Promise<SimulatedTransactions> {
  const run = new Run(seed, options);
  for (let life = 1 + run.world.draw(4); life > 0; life--) await run.life();
  await run.finish();
  return { traceHash: run.world.traceHash, operations: run.world.operations };
}

class Run {
  readonly world: BrokerWorld;
  readonly #ledger: TransactionLedger;
  readonly #readers: CommittedReader[] = [];
  /** Each partition has a transactional id, or there is a group of either protocol, and each worker has an id. */
  readonly #kind: "fixed" | "consumer" | "classic";
  readonly #workers: (TransactionWorker | undefined)[] = [];
  readonly #zombies: TransactionWorker[] = [];
  readonly #ended = new Set<TransactionWorker>();
  /** Producers before have used up almost all epochs of the transactional ids. */
  readonly #hasWornEpochs: boolean;
  #isFirst = true;
  #names = 0;

  constructor(seed: number, options: TransactionSimulationOptions) {
    this.world = new BrokerWorld(seed, {
      ...options,
      topics: [inputTopic, outputTopic],
      transactionVersion: seed % 4 === 3 ? 1 : 2,
      isCompressing: seed % 5 === 1,
    });
    const { draw } = this.world;
    this.#kind = (["fixed", "consumer", "classic"] as const)[draw(3)]!;
    this.#ledger = new TransactionLedger(Array.from({ length: inputTopic.partitions }, () => 3 + draw(10)));
    this.#hasWornEpochs = draw(3) === 0;
  }

  async life(): Promise<void> {
    const { world } = this;
    const { draw } = world;
    await world.boot(!this.#isFirst || !this.#hasWornEpochs);
    if (this.#isFirst && this.#hasWornEpochs) await wearEpochs(world, this.#ids());
    this.#isFirst = false;
    if (draw(3) > 0) world.disk.cutAfter(1 + draw(150), (sizeBytes) => draw(sizeBytes + 1));
    await world.live(40 + draw(220), () => this.#onStep());
    world.end();
    await world.settle();
  }

  async finish(): Promise<void> {
    const { world } = this;
    await world.boot(false);
    this.#isFirst = false;
    for (const zombie of this.#zombies) zombie.isFrozen = false;
    await world.finish(
      () => this.#ledger.isDone && world.runningCount === 0,
      () => this.#onStep(),
    );
    while (world.lateCount > 0) await world.deliverLate();
    // What nobody ends is ended by its timeout.
    await world.advance(150_000);
    await this.#conclude();
  }

  async #onStep(): Promise<void> {
    const { world } = this;
    const { draw, isCalm } = world;
    for (let slot = 0; slot < this.#ledger.inputCounts.length; slot++) {
      const worker = this.#workers[slot];
      const isGone = worker === undefined || this.#ended.has(worker);
      if (isGone ? !this.#ledger.isDone && draw(3) === 0 : !isCalm && draw(150) === 0) {
        // Whoever takes over does not ask whether the one before is dead.
        if (!isGone) this.#freeze(worker);
        this.#workers[slot] = this.#start(slot);
      }
    }
    if (this.#zombies.length > 0 && draw(40) === 0) {
      const [zombie] = this.#zombies.splice(draw(this.#zombies.length), 1);
      zombie!.isFrozen = false;
      world.trace(`${zombie!.name} is back`);
    }
    if (draw(5) === 0) this.#read(400);
    if (!isCalm && !this.#ledger.isDone) this.#changeTopics();
    await Promise.resolve();
  }

  /** What those who administer the cluster do, and what happens to it. */
  #changeTopics(): void {
    const { world } = this;
    const { draw } = world;
    const kind = draw(400);
    if (kind < 2 && world.cluster.partitionCount("out") < 4) world.grow("out");
    else if (kind < 4 && world.cluster.partitionCount("in") < 5 && world.grow("in")) this.#ledger.grow(3 + draw(10));
    // Markers wait for the partition, and coordinators load their part anew.
    else if (kind < 8) world.interrupt(["out", "__consumer_offsets", "__transaction_state"][draw(3)]!);
    else if (kind < 40) world.resume();
  }

  #ids(): string[] {
    const isFixed = this.#kind === "fixed";
    return Array.from({ length: isFixed ? inputTopic.partitions : 12 }, (_, index) => `${isFixed ? "t" : "w"}${index}`);
  }

  #freeze(worker: TransactionWorker): void {
    // Some only look dead.
    worker.isFrozen = this.world.draw(3) > 0;
    this.world.trace(`${worker.name} ${worker.isFrozen ? "stands still" : "is replaced"}`);
    if (worker.isFrozen) this.#zombies.push(worker);
  }

  #start(slot: number): TransactionWorker {
    const { world } = this;
    const number = this.#names++;
    const name = `w${number}`;
    const transactionalId = this.#kind === "fixed" ? `t${slot}` : name;
    const worker = new TransactionWorker(name, transactionalId, this.#source(slot, number), world, this.#ledger);
    world.run(worker, () => worker.run().finally(() => this.#ended.add(worker)));
    return worker;
  }

  #source(slot: number, number: number): InputSource {
    if (this.#kind === "fixed") return new FixedInput(slot, this.world, this.#ledger);
    if (this.#kind === "classic") return new ClassicInput(number, this.world, this.#ledger);
    return new GroupInput(`w${number}`, this.world, this.#ledger);
  }

  #read(maxBytes: number): void {
    const { broker, disk } = this.world;
    if (broker === undefined || !disk.isOn) return;
    for (let index = 0; index < this.world.cluster.partitionCount("out"); index++) {
      const reader = (this.#readers[index] ??= new CommittedReader());
      const partition = broker.replicas.partition("out", index);
      if (partition === undefined || !partition.isLeader) continue;
      for (const record of reader.read(partition, maxBytes)) this.#ledger.read(record);
    }
  }

  async #conclude(): Promise<void> {
    const { world } = this;
    const { replicas, transactions, groups } = world.broker!;
    this.#read(100_000);
    for (const { topic, index, log } of replicas.partitions()) {
      demand(
        log.lastStableOffset === log.writtenOffset,
        () => `${topic}-${index}: a transaction hangs at ${log.lastStableOffset} of ${log.writtenOffset}`,
      );
    }
    const filter = { stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern: null };
    for (const { transactionalId, transactionState } of transactions.listTransactions(filter).transactionStates ?? []) {
      const isOver = ["Empty", "CompleteCommit", "CompleteAbort"].includes(transactionState ?? "");
      demand(isOver, () => `${transactionalId} is ${transactionState}`);
    }
    const request = { groupId: "g", memberId: null, memberEpoch: -1, topics: null };
    const fetching = groups.fetchOffsets(request, true);
    await world.settle();
    const fetched = await fetching;
    demand(fetched.ok, () => "the group's offsets cannot be told");
    const offsets = fetched.response.topics?.[0]?.partitions?.map(({ committedOffset }) => committedOffset) ?? [];
    demandEqual(offsets.sort(), [...this.#ledger.inputCounts].sort(), "the group's offsets");
    this.#ledger.conclude();
  }
}
