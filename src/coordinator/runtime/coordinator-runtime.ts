import { type LeaderEpoch } from "../../base/brand.ts";
import { Errors } from "../../protocol/errors.ts";
import { type TransactionalProducer, type VerificationKind } from "./partition-log.ts";
import { ShardRunner, type RunnerOptions } from "./shard-runner.ts";
import { failed, type Result, type Ticket } from "./ticket.ts";
import { type TransactionEnd } from "./transaction-end.ts";
import { type Turn } from "./turn.ts";

/**
 * The shards of one kind of coordinator on this node: one for each partition of `topic` that this node leads. Groups,
 * transactions and share state all run on it, each with its own `CoordinatorShard`.
 */
export class CoordinatorRuntime<S, R> {
  readonly #topic: string;
  readonly #options: RunnerOptions<S, R>;
  readonly #runners = new Map<number, ShardRunner<S, R>>();

  constructor(topic: string, options: RunnerOptions<S, R>) {
    this.#topic = topic;
    this.#options = options;
  }

  /** This node leads the partition from now on. Resolves when it is loaded, or cannot be. */
  async elect(partition: number, leaderEpoch: LeaderEpoch): Promise<void> {
    const current = this.#runners.get(partition);
    if (current !== undefined) {
      if (current.leaderEpoch >= leaderEpoch) return;
      const goingOn = current.goOnIn(leaderEpoch);
      if (goingOn !== undefined) return goingOn;
      current.close();
    }
    const runner = new ShardRunner({ topic: this.#topic, partition }, leaderEpoch, this.#options);
    this.#runners.set(partition, runner);
    await runner.load();
  }

  /** Whether it was elected for the partition, which may not be loaded yet. */
  leads(partition: number): boolean {
    return this.#runners.has(partition);
  }

  /** This node does not lead the partition any more: whoever waits hears NOT_COORDINATOR. No epoch: it was deleted. */
  resign(partition: number, leaderEpoch?: LeaderEpoch): void {
    const runner = this.#runners.get(partition);
    if (runner === undefined) return;
    if (leaderEpoch !== undefined && leaderEpoch < runner.leaderEpoch) return;
    this.#runners.delete(partition);
    runner.close();
  }

  /** Runs an operation on a shard; see `ShardRunner.write`. */
  write<T>(partition: number, operation: (turn: Turn<S, R>, ticket: Ticket<T>) => void): Promise<Result<T>> {
    const runner = this.#runners.get(partition);
    if (runner === undefined) return Promise.resolve(failed(Errors.NOT_COORDINATOR));
    return runner.write(operation);
  }

  /** Runs an operation whose records belong to a transaction; see `ShardRunner.writeInTransaction`. */
  writeInTransaction<T>(
    partition: number,
    producer: TransactionalProducer,
    kind: VerificationKind,
    operation: (turn: Turn<S, R>, ticket: Ticket<T>) => void,
  ): Promise<Result<T>> {
    const runner = this.#runners.get(partition);
    if (runner === undefined) return Promise.resolve(failed(Errors.NOT_COORDINATOR));
    return runner.writeInTransaction(producer, kind, operation);
  }

  /** Ends a transaction in one partition; see `ShardRunner.completeTransaction`. */
  completeTransaction(partition: number, end: TransactionEnd): Promise<Result<undefined>> {
    const runner = this.#runners.get(partition);
    if (runner === undefined) return Promise.resolve(failed(Errors.NOT_COORDINATOR));
    return runner.completeTransaction(end);
  }

  /** The same on every shard. */
  writeAll<T>(operation: (turn: Turn<S, R>, ticket: Ticket<T>) => void): Promise<Result<T>[]> {
    return Promise.all([...this.#runners.values()].map((runner) => runner.write(operation)));
  }

  read<T>(partition: number, read: (state: S) => T): Result<T> {
    const runner = this.#runners.get(partition);
    return runner === undefined ? failed(Errors.NOT_COORDINATOR) : runner.read(read);
  }

  readAll<T>(read: (state: S) => T): Result<T>[] {
    return [...this.#runners.values()].map((runner) => runner.read(read));
  }

  close(): void {
    for (const runner of this.#runners.values()) runner.close();
    this.#runners.clear();
  }
}
