import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Errors, type ErrorCode } from "../../../src/protocol/errors.ts";
import { propertyOptions } from "../../support/property-options.ts";
import {
  complete,
  expectAdd,
  expectEnd,
  expectInit,
  type Expectation,
  type ModelProducer,
  type ModelTransaction,
} from "./transaction-model.ts";
import { TransactionWorld } from "./transaction-world.ts";

/*
 * Producers that do anything in any order, with the epochs that they have, had or never had; markers that take their time, a
 * log that fails, coordinators that come and go. After each step the transactional id is what a plain model says, the log,
 * loaded anew, says the same, and what was written to partitions is what was decided. In the end nothing is left open.
 */
const timeoutMs = 20_000;
const ids = ["a", "b"] as const;
const id = fc.constantFrom(...ids);
const by = fc.constantFrom("current", "current", "current", "current", "before", "next", "other" as const);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("init" as const), id }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("add" as const), id, by, partition: fc.nat(3) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("end" as const), id, by, isCommit: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.constantFrom(1, 100, 6_000, 25_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("hold" as const, "release" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("reload" as const, "fail" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Live = Omit<ModelTransaction, "partitions"> & { readonly partitions: readonly [string, readonly number[]][] };

class Run {
  readonly world = new TransactionWorld();
  readonly #model = new Map<string, ModelTransaction>();
  readonly #isBumping: boolean;
  /** What each producer's transaction was decided to be, by the producer that its markers name. */
  readonly #decisions = new Map<string, { readonly isCommit: boolean; readonly partitions: Set<string> }>();
  readonly violations: string[] = [];
  #isFailing = false;
  /** When the looks for what has timed out began anew, or one of them may have failed. */
  #disturbedMs = 0;
  #open = 0;

  constructor(transactionVersion: number) {
    this.world.transactionVersion = transactionVersion;
    this.#isBumping = transactionVersion >= 2;
    this.world.markers.onWrite = ({ producerId, producerEpoch, isCommit, partitions }) => {
      const decision = this.#decisions.get(`${producerId}/${producerEpoch}`);
      const names = partitions.map(({ topic, partition }) => `${topic}-${partition}`);
      // The decision of a timeout is nobody's request.
      const isRight =
        decision === undefined
          ? !isCommit
          : isCommit === decision.isCommit && names.every((name) => decision.partitions.has(name));
      if (!isRight)
        this.violations.push(`${producerId}/${producerEpoch}: ${isCommit ? "commit" : "abort"} ${names.join()}`);
    };
  }

  get openRequests(): number {
    return this.#open;
  }

  async take(step: Step): Promise<void> {
    const { world } = this;
    switch (step.kind) {
      case "init": {
        const fresh = world.nextProducerId;
        const init = { transactionalId: step.id, timeoutMs, expected: undefined };
        const call = { ...init, enableTwoPhaseCommit: false, keepPreparedTransaction: false };
        const wanted = expectInit(this.#model.get(step.id), fresh);
        await this.#ask(step.id, wanted, () => world.transactions.initProducer(call));
        break;
      }
      case "add": {
        const producer = this.#producer(step.id, step.by);
        const partitions = [{ topic: "t", partition: step.partition }];
        const clientVersion = this.#isBumping ? 2 : 0;
        const request = { transactionalId: step.id, ...producer, partitions, clientVersion };
        const nowMs = world.time.wallMs();
        const wanted = expectAdd(this.#model.get(step.id), producer, `t-${step.partition}`, nowMs);
        await this.#ask(step.id, wanted, async () => ({ errorCode: await world.transactions.addPartitions(request) }));
        break;
      }
      case "end": {
        const { isCommit } = step;
        const producer = this.#producer(step.id, step.by);
        const request = { transactionalId: step.id, ...producer, isCommit, clientVersion: this.#isBumping ? 2 : 0 };
        const wanted = expectEnd(this.#model.get(step.id), producer, isCommit, this.#isBumping);
        await this.#ask(step.id, wanted, () => world.transactions.endTransaction(request));
        break;
      }
      case "advance":
        await world.time.advance(step.ms);
        // What could not be written is tried again soon.
        if (step.ms >= 100 && world.log.failNext === undefined) this.#isFailing = false;
        break;
      case "hold":
        world.markers.isHeld = true;
        break;
      case "release":
        world.markers.release();
        break;
      case "reload":
        await world.reload();
        this.#disturbedMs = world.time.wallMs();
        break;
      case "fail":
        world.log.failNext = Errors.NOT_ENOUGH_REPLICAS;
        this.#isFailing = true;
        break;
    }
    await world.time.settle();
    if (this.#isFailing) this.#disturbedMs = world.time.wallMs();
    await this.#compare();
  }

  /** Nothing is wrong any more: all that is open ends by itself. */
  async finish(): Promise<void> {
    const { world } = this;
    world.log.failNext = undefined;
    world.markers.release();
    this.#isFailing = false;
    this.#disturbedMs = world.time.wallMs();
    await world.time.advance(60_000);
    await this.#compare();
    expect(this.openRequests).toBe(0);
    for (const { status } of this.#model.values()) expect(status).toMatch(/Empty|Complete/);
  }

  #producer(transactionalId: string, kind: "current" | "before" | "next" | "other"): ModelProducer {
    const { producerId, producerEpoch } = this.#model.get(transactionalId) ?? { producerId: 1, producerEpoch: 0 };
    if (kind === "current") return { producerId, producerEpoch };
    if (kind === "other") return { producerId: producerId + 500, producerEpoch };
    return { producerId, producerEpoch: kind === "next" ? producerEpoch + 1 : Math.max(0, producerEpoch - 1) };
  }

  async #ask(
    transactionalId: string,
    wanted: Expectation,
    request: () => Promise<{
      readonly errorCode: ErrorCode;
      readonly producerId?: number;
      readonly producerEpoch?: number;
    }>,
  ): Promise<void> {
    const { next } = wanted;
    const isDecision = next?.status === "PrepareCommit" || next?.status === "PrepareAbort";
    if (isDecision && next !== this.#model.get(transactionalId)) this.#decide(next);
    this.#open++;
    const asking = request().finally(() => this.#open--);
    await this.world.time.settle();
    const { errorCode, producerId, producerEpoch } = await asking;
    if (this.#isFailing && errorCode === Errors.COORDINATOR_NOT_AVAILABLE) {
      if (isDecision) this.#decisions.delete(`${next.producerId}/${next.producerEpoch}`);
      return;
    }
    expect(errorCode).toBe(wanted.errorCode);
    if (wanted.producer !== undefined) {
      const expected = [wanted.producer.producerId, wanted.producer.producerEpoch];
      expect([producerId, producerEpoch]).toEqual(expected);
    }
    if (next !== undefined) this.#model.set(transactionalId, next);
  }

  #decide({ producerId, producerEpoch, status, partitions }: ModelTransaction): void {
    const isCommit = status === "PrepareCommit";
    this.#decisions.set(`${producerId}/${producerEpoch}`, { isCommit, partitions: new Set(partitions) });
  }

  async #compare(): Promise<void> {
    expect(this.violations).toEqual([]);
    const { loaded, live } = await this.world.compare();
    expect(loaded).toEqual(live);
    for (const [transactionalId, actual] of Object.entries(live) as [string, Live][]) {
      const { status, producerId, producerEpoch } = actual;
      const partitions = actual.partitions.flatMap(([topic, indexes]) => indexes.map((index) => `${topic}-${index}`));
      const found = {
        status,
        producerId,
        producerEpoch,
        partitions: partitions.sort(),
        startedAtMs: actual.startedAtMs,
      };
      const known = this.#model.get(transactionalId);
      const candidates = known === undefined ? [] : this.#after(known);
      const same = candidates.find((each) => {
        const { startedAtMs, ...rest } = each;
        const isStart = each.status !== "Ongoing" || startedAtMs === found.startedAtMs;
        return isStart && JSON.stringify(plain(rest)) === JSON.stringify(plain(found));
      });
      expect(same ?? candidates[0], transactionalId).toEqual({ ...found, startedAtMs: same?.startedAtMs ?? -1 });
      this.#model.set(transactionalId, same!);
    }
  }

  /** What may have become of it without a request. */
  #after(known: ModelTransaction): ModelTransaction[] {
    const { world } = this;
    const isStuck = world.markers.isHeld || this.#isFailing;
    const ageMs = world.time.wallMs() - known.startedAtMs;
    const isOld = known.status === "Ongoing" && ageMs > timeoutMs;
    const aborted: ModelTransaction = { ...known, status: "PrepareAbort", producerEpoch: known.producerEpoch + 1 };
    const ends = (state: ModelTransaction): ModelTransaction[] =>
      isStuck ? [state, complete(state)] : [complete(state)];
    if (!isOld) return ends(known);
    // One look at all transactions comes each 10 s.
    const sinceMs = Math.max(known.startedAtMs + timeoutMs, this.#disturbedMs);
    const mayBeOpen = isStuck || world.time.wallMs() - sinceMs <= world.config.timeoutCheckIntervalMs;
    return mayBeOpen ? [known, ...ends(aborted)] : ends(aborted);
  }
}

function plain({ status, producerId, producerEpoch, partitions }: Omit<ModelTransaction, "startedAtMs">) {
  return [status, producerId, producerEpoch, partitions];
}

test.each([2, 0])(
  "with transaction.version %i a transactional id is what the model says, in memory and in the log, and nothing hangs",
  async (transactionVersion) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const run = new Run(transactionVersion);
        await run.world.elect();
        for (const each of steps) await run.take(each);
        await run.finish();
      }),
      propertyOptions(40),
    );
  },
  60_000,
);
