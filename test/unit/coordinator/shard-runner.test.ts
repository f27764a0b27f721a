import { describe, expect, test } from "vitest";
import { TimelineMap, type Timeline } from "../../../src/base/timeline-map.ts";
import { CoordinatorRuntime } from "../../../src/coordinator/runtime/coordinator-runtime.ts";
import { type CoordinatorShard } from "../../../src/coordinator/runtime/shard.ts";
import { type AnyTicket, type Result, type Ticket } from "../../../src/coordinator/runtime/ticket.ts";
import { type Turn } from "../../../src/coordinator/runtime/turn.ts";
import { CodecUnavailable, type CompressionName, type Compute } from "../../../src/io/ports.ts";
import { VerificationGuard } from "../../../src/log/producers/verification-guard.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";
import { onlyBatch } from "../../../src/protocol/records/batches.ts";
import { controlRecord, ControlType } from "../../../src/protocol/records/control-records.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { MemoryPartitionLog } from "../../support/memory-partition-log.ts";
import { silentLogger } from "../../support/silent-logger.ts";

/** A coordinator of words: each record is one, the state is where each stands. */
interface Words {
  readonly offsets: TimelineMap<string, number>;
  readonly ended: TimelineMap<number, boolean>;
}
type WordsTurn = Turn<Words, string>;
/** No bytes stand for it. */
const unspeakable = "unspeakable";

class World {
  readonly time = new ManualTime();
  readonly log = new MemoryPartitionLog();
  readonly reverted: ReadonlySet<AnyTicket>[] = [];
  readonly ticks: number[] = [];
  /** What a revert writes. */
  repair: string | undefined;
  readonly compressions: (() => void)[] = [];
  readonly runtime: CoordinatorRuntime<Words, string>;

  constructor(compression: CompressionName | "none" = "none", staysLoaded = false, lingerMs = -1) {
    const shard: CoordinatorShard<Words, string> = {
      newState: (timeline: Timeline) => ({ offsets: new TimelineMap(timeline), ended: new TimelineMap(timeline) }),
      encode: (word) => {
        if (word === unspeakable) throw new Error("unspeakable");
        return { key: Buffer.from(word), value: null };
      },
      decode: (key) => (key.remaining() === 0 ? undefined : key.rest().toString()),
      replay: (state, word, { offset, producerId }) => state.offsets.set(word, producerId < 0 ? offset : -offset),
      replayTransactionEnd: (state, producerId, isCommit) => state.ended.set(producerId, isCommit),
      onLoaded: (turn) => turn.schedule("tick", 1_000, (later) => this.ticks.push(later.nowMs)),
      onReverted: (turn, lost) => {
        this.reverted.push(lost);
        if (this.repair !== undefined) turn.append(this.repair);
        turn.schedule("tick", 1_000, (later) => this.ticks.push(later.nowMs));
      },
    };
    const compute: Compute = {
      compress: (_codec, data) => new Promise((resolve) => this.compressions.push(() => resolve(data))),
      decompress: (_codec, data) => Promise.resolve(data),
    };
    this.runtime = new CoordinatorRuntime("words", {
      shard,
      writer: this.log,
      loader: this.log,
      clock: this.time,
      timers: this.time,
      compute,
      logger: silentLogger,
      compression,
      lingerMs,
      writeTimeoutMs: 5_000,
      staysLoaded,
    });
  }

  /** Writes words, and answers with how many are known then. */
  write(...words: string[]): Promise<Result<number>> {
    return this.runtime.write<number>(0, (turn, ticket) => {
      for (const word of words) turn.append(word);
      turn.reply(ticket, turn.state.offsets.size);
    });
  }

  committed(): Record<string, number> {
    const read = this.runtime.read(0, ({ offsets }) => Object.fromEntries(offsets.entries("committed")));
    return read.ok ? read.response : {};
  }
}

async function loadedWorld(compression: CompressionName | "none" = "none"): Promise<World> {
  const world = new World(compression);
  await world.runtime.elect(0, 1);
  return world;
}

/** What has become of promises by now; undefined for those that are pending. */
async function settled<T>(world: World, ...promises: Promise<T>[]): Promise<(T | undefined)[]> {
  const results: (T | undefined)[] = promises.map(() => undefined);
  promises.forEach((promise, index) => void promise.then((result) => (results[index] = result)));
  await world.time.settle();
  return results;
}

const ok = (response: number) => ({ ok: true, response });
const failed = (error: number) => ({ ok: false, error });

test("a partition that is not led here has no coordinator", async () => {
  const world = new World();
  expect(await world.write("a")).toEqual(failed(Errors.NOT_COORDINATOR));
  expect(world.runtime.read(0, () => 1)).toEqual(failed(Errors.NOT_COORDINATOR));
  expect(world.runtime.readAll(() => 1)).toEqual([]);
});

test("requests of one turn of the loop go into one batch, each answered in its order", async () => {
  const world = await loadedWorld();
  expect(await settled(world, world.write("a", "b"), world.write("c"), world.write())).toEqual([ok(2), ok(3), ok(3)]);
  expect(world.log.batches(0)).toHaveLength(1);
  expect(world.committed()).toEqual({ a: 0, b: 1, c: 2 });
});

test("what is not committed is seen by the next operation, and by no reader", async () => {
  const world = await loadedWorld();
  world.log.isHeld = true;
  const first = world.write("a");
  await world.time.settle();
  const second = world.write("b");
  const third = world.write();
  expect(await settled(world, first, second, third)).toEqual([undefined, undefined, undefined]);
  expect(world.committed()).toEqual({});
  world.log.release();
  expect(await settled(world, first, second, third)).toEqual([ok(1), ok(2), ok(2)]);
  expect(world.committed()).toEqual({ a: 0, b: 1 });
});

test("records that are not written are taken back, with all that came after them", async () => {
  const world = await loadedWorld();
  await settled(world, world.write("a"));
  world.log.failNext = Errors.NOT_ENOUGH_REPLICAS;
  const error = failed(Errors.NOT_ENOUGH_REPLICAS);
  expect(await settled(world, world.write("b"), world.write())).toEqual([error, error]);
  expect(world.reverted).toHaveLength(1);
  expect(await settled(world, world.write("c"))).toEqual([ok(2)]);
  expect(world.committed()).toEqual({ a: 0, c: 1 });
});

test("requests parked by a turn that is taken back fail; those parked before stay", async () => {
  const world = await loadedWorld();
  let parked: Ticket<number> | undefined;
  const park = (turn: WordsTurn, ticket: Ticket<number>, word?: string) => {
    parked = ticket;
    if (word !== undefined) turn.append(word);
  };
  const before = world.runtime.write<number>(0, (turn, ticket) => park(turn, ticket));
  world.log.failNext = Errors.KAFKA_STORAGE_ERROR;
  const during = world.runtime.write<number>(0, (turn, ticket) => park(turn, ticket, "x"));
  expect(await settled(world, before, during)).toEqual([undefined, failed(Errors.KAFKA_STORAGE_ERROR)]);
  expect(world.reverted[0]?.has(parked!)).toBe(true);
  expect(world.reverted[0]?.size).toBe(1);
  world.runtime.resign(0);
  expect(await settled(world, before)).toEqual([failed(Errors.NOT_COORDINATOR)]);
});

test("an operation that throws leaves nothing behind", async () => {
  const world = await loadedWorld();
  const broken = () =>
    world.runtime.write<number>(0, (turn) => {
      turn.append("x");
      throw new Error("broken");
    });
  await expect(broken()).rejects.toThrow("broken");
  expect(await settled(world, world.write("a"))).toEqual([ok(1)]);
  expect(world.committed()).toEqual({ a: 0 });
});

test("a record that cannot be encoded leaves nothing behind", async () => {
  const world = await loadedWorld();
  await expect(world.write("a", unspeakable)).rejects.toThrow(unspeakable);
  expect(await settled(world, world.write("b"))).toEqual([ok(1)]);
  expect(world.committed()).toEqual({ b: 0 });
});

test("records that do not fit in one batch are refused, unless they may be divided", async () => {
  const world = await loadedWorld();
  world.log.sizeBytesMax = 200;
  const words = ["one", "two", "three", "four", "five"].map((word) => word.repeat(10));
  expect(await settled(world, world.write(...words))).toEqual([failed(Errors.RECORD_LIST_TOO_LARGE)]);
  expect(world.committed()).toEqual({});
  const divided = world.runtime.write<number>(0, (turn, ticket) => {
    turn.isDivisible = true;
    for (const word of words) turn.append(word);
    turn.reply(ticket, 0);
  });
  expect(await settled(world, divided)).toEqual([ok(0)]);
  expect(world.log.batches(0).length).toBeGreaterThan(1);
  expect(Object.keys(world.committed())).toEqual(words);
  for (const batch of world.log.batches(0)) expect(batch.length).toBeLessThanOrEqual(200);
});

test("what just fits in a batch is taken", async () => {
  const world = await loadedWorld();
  const sizeBytes = buildBatch({ records: [{ key: Buffer.from("a"), value: null, timestamp: 0 }] }).length;
  world.log.sizeBytesMax = sizeBytes - 1;
  expect(await settled(world, world.write("a"))).toEqual([failed(Errors.RECORD_LIST_TOO_LARGE)]);
  world.log.sizeBytesMax = sizeBytes;
  expect(await settled(world, world.write("a"), world.write("b"))).toEqual([ok(1), ok(2)]);
  expect(world.log.batches(0).map((batch) => batch.length)).toEqual([sizeBytes, sizeBytes]);
});

test("what is too large for a batch may fit when it is compressed, in a batch of its own", async () => {
  const world = await loadedWorld("gzip");
  world.log.sizeBytesMax = 200;
  const writes = [world.write("a"), world.write("one", "two", "three", "four", "five"), world.write("b")];
  for (let batch = 0; batch < 3; batch++) {
    await world.time.settle();
    world.compressions[batch]!();
  }
  expect(await settled(world, ...writes)).toEqual([1, 6, 7].map(ok));
  expect(world.log.batches(0).map((batch) => onlyBatch(batch).recordCount)).toEqual([1, 5, 1]);
});

test("several small writes share batches up to the limit", async () => {
  const world = await loadedWorld();
  world.log.sizeBytesMax = 200;
  const writes = ["a", "b", "c", "d", "e", "f"].map((word) => world.write(word));
  expect(await settled(world, ...writes)).toEqual([1, 2, 3, 4, 5, 6].map(ok));
  expect(world.log.batches(0).map((batch) => onlyBatch(batch).recordCount)).toEqual([3, 3]);
});

test("a batch that is to linger gathers the turns of that time, unless it is full before", async () => {
  const world = new World("none", false, 10);
  await world.runtime.elect(0, 1);
  const writes = [world.write("a")];
  await world.time.advance(9);
  writes.push(world.write("b"));
  expect(await settled(world, ...writes)).toEqual([undefined, undefined]);
  await world.time.advance(1);
  expect(await settled(world, ...writes)).toMatchObject([{ ok: true }, { ok: true }]);
  expect(world.log.batches(0)).toHaveLength(1);
  world.log.sizeBytesMax = 200;
  const full = ["c", "d", "e", "f"].map((word) => world.write(word));
  expect(await settled(world, ...full)).toEqual([3, 4, 5, 6].map(ok));
});

test("a write that takes too long fails, and may still happen", async () => {
  const world = await loadedWorld();
  world.log.isHeld = true;
  const slow = world.write("a");
  await world.time.advance(3_000);
  const later = world.write("b");
  await world.time.advance(2_000);
  const timedOut = failed(Errors.REQUEST_TIMED_OUT);
  expect(await settled(world, slow, later)).toEqual([timedOut, undefined]);
  await world.time.advance(3_000);
  expect(await settled(world, later)).toEqual([timedOut]);
  // Those who come later do not wait for ever either.
  const last = world.write();
  await world.time.advance(5_000);
  expect(await settled(world, last)).toEqual([timedOut]);
  world.log.release();
  await world.time.settle();
  expect(world.committed()).toEqual({ a: 0, b: 1 });
});

test("a log that is not what was written to it is loaded again", async () => {
  const world = await loadedWorld();
  await settled(world, world.write("a"));
  // Somebody else writes to the partition.
  world.log.append(
    { topic: "words", partition: 0 },
    buildBatch({ records: [{ key: Buffer.from("x"), value: null, timestamp: 0 }] }),
  );
  expect(await settled(world, world.write("b"))).toEqual([failed(Errors.NOT_COORDINATOR)]);
  expect(world.committed()).toEqual({ a: 0, x: 1, b: 2 });
  expect(await settled(world, world.write("c"))).toEqual([ok(4)]);
});

test("a load brings back the records, transactions and their ends, and passes over what it does not know", async () => {
  const world = new World();
  const partition = { topic: "words", partition: 0 };
  const record = (key: string) => ({ key: Buffer.from(key), value: null, timestamp: 0 });
  const transaction = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true };
  world.log.append(partition, buildBatch({ records: [record("a"), record(""), record("b")] }));
  world.log.append(partition, buildBatch({ records: [record("t")], ...transaction }));
  const marker = controlRecord({ type: ControlType.COMMIT, coordinatorEpoch: 0 });
  world.log.append(partition, buildBatch({ records: [{ ...marker, timestamp: 0 }], ...transaction, isControl: true }));
  const loading = world.runtime.elect(0, 1);
  expect(await world.write("early")).toEqual(failed(Errors.COORDINATOR_LOAD_IN_PROGRESS));
  await loading;
  expect(world.committed()).toEqual({ a: 0, b: 2, t: -3 });
  expect(world.runtime.read(0, ({ ended }) => ended.get(7, "committed"))).toEqual({ ok: true, response: true });
  expect(await settled(world, world.write("c"))).toEqual([ok(4)]);
  expect(world.committed()["c"]).toBe(5);
});

test("a partition that cannot be loaded has no coordinator until the next election", async () => {
  const world = new World();
  world.log.loadError = Errors.KAFKA_STORAGE_ERROR;
  await world.runtime.elect(0, 1);
  expect(await world.write("a")).toEqual(failed(Errors.NOT_COORDINATOR));
  world.log.loadError = undefined;
  await world.runtime.elect(0, 1);
  expect(await world.write("a")).toEqual(failed(Errors.NOT_COORDINATOR));
  await world.runtime.elect(0, 2);
  expect(await settled(world, world.write("a"))).toEqual([ok(1)]);
});

test("a partition whose replica is still to come is loading until it has come", async () => {
  const world = new World();
  world.log.append(
    { topic: "words", partition: 0 },
    buildBatch({ records: [{ key: Buffer.from("a"), value: null, timestamp: 0 }] }),
  );
  world.log.loadError = Errors.NOT_LEADER_OR_FOLLOWER;
  await world.runtime.elect(0, 1);
  await world.time.advance(2_500);
  expect(await world.write("b")).toEqual(failed(Errors.COORDINATOR_LOAD_IN_PROGRESS));
  world.log.loadError = undefined;
  await world.time.advance(1_000);
  expect(await settled(world, world.write("b"))).toEqual([ok(2)]);
  expect(world.committed()).toEqual({ a: 0, b: 1 });
});

test.each(["resigns", "is elected again", "is closed"])(
  "whoever %s looks no more for a replica to come",
  async (what) => {
    const world = new World();
    let loads = 0;
    const load = world.log.load.bind(world.log);
    world.log.load = (...args) => {
      loads++;
      return load(...args);
    };
    world.log.loadError = Errors.NOT_LEADER_OR_FOLLOWER;
    await world.runtime.elect(0, 1);
    world.log.loadError = undefined;
    if (what === "resigns") world.runtime.resign(0, 1);
    else if (what === "is closed") world.runtime.close();
    else await world.runtime.elect(0, 2);
    await world.time.advance(5_000);
    expect(loads).toBe(what === "is elected again" ? 2 : 1);
  },
);

test("late news of elections changes nothing", async () => {
  const world = new World();
  await world.runtime.elect(0, 5);
  await settled(world, world.write("a"));
  world.runtime.resign(0, 4);
  await world.runtime.elect(0, 4);
  expect(await settled(world, world.write("b"))).toEqual([ok(2)]);
  world.runtime.resign(0, 6);
  expect(await world.write("c")).toEqual(failed(Errors.NOT_COORDINATOR));
});

test.each([true, false])("who leads again in the next epoch goes on, or loads anew: %s", async (staysLoaded) => {
  const world = new World("none", staysLoaded);
  await world.runtime.elect(0, 5);
  let parked: Result<number> | undefined;
  void world.runtime.write<number>(0, () => {}).then((result) => (parked = result));
  await settled(world, world.write("a"));
  world.log.loadError = Errors.KAFKA_STORAGE_ERROR;
  await world.runtime.elect(0, 6);
  expect(await settled(world, world.write("b"))).toEqual([staysLoaded ? ok(2) : failed(Errors.NOT_COORDINATOR)]);
  expect(parked).toEqual(staysLoaded ? undefined : failed(Errors.NOT_COORDINATOR));
  world.log.loadError = undefined;
  // Another may have led in between.
  await world.runtime.elect(0, 8);
  expect(parked).toEqual(failed(Errors.NOT_COORDINATOR));
  expect(await settled(world, world.write("c"))).toEqual([staysLoaded ? ok(3) : ok(2)]);
});

test("who leads again while loading waits for that", async () => {
  const world = new World("none", true);
  let isDone = false;
  const first = world.runtime.elect(0, 1);
  const second = world.runtime.elect(0, 2).then(() => (isDone = true));
  expect(isDone).toBe(false);
  expect(await world.write("a")).toEqual(failed(Errors.COORDINATOR_LOAD_IN_PROGRESS));
  await Promise.all([first, second]);
  expect(await settled(world, world.write("a"))).toEqual([ok(1)]);
  world.runtime.resign(0, 1);
  expect(await settled(world, world.write("b"))).toEqual([ok(2)]);
});

test("a partition that is lost while it loads stays lost", async () => {
  const world = new World();
  world.log.append(
    { topic: "words", partition: 0 },
    buildBatch({ records: [{ key: Buffer.from("a"), value: null, timestamp: 0 }] }),
  );
  const loading = world.runtime.elect(0, 1);
  world.runtime.resign(0, 1);
  await loading;
  expect(await world.write("a")).toEqual(failed(Errors.NOT_COORDINATOR));
  await world.time.advance(2_000);
  expect(world.ticks).toEqual([]);
});

test("batches are compressed one behind the other, and written in order", async () => {
  const world = await loadedWorld("gzip");
  const first = world.write("a");
  await world.time.settle();
  const second = world.write("b");
  const third = world.write("c");
  expect(await settled(world, first, second, third)).toEqual([undefined, undefined, undefined]);
  expect(world.compressions).toHaveLength(1);
  world.compressions[0]!();
  expect(await settled(world, first, second)).toEqual([ok(1), undefined]);
  expect(world.compressions).toHaveLength(2);
  world.compressions[1]!();
  expect(await settled(world, second, third)).toEqual([ok(2), ok(3)]);
  expect(world.log.batches(0).map((batch) => onlyBatch(batch).compression)).toEqual(["gzip", "gzip"]);
});

test("batches are written as their topic has made them, one behind the other", async () => {
  const world = await loadedWorld();
  const prepared: (() => void)[] = [];
  world.log.prepare = (_partition, batch) =>
    new Promise((resolve) => prepared.push(() => resolve({ ok: true, records: Buffer.from(batch) })));
  const first = world.write("a");
  await world.time.settle();
  const second = world.write("b");
  expect(await settled(world, first, second)).toEqual([undefined, undefined]);
  expect(prepared).toHaveLength(1);
  prepared[0]!();
  expect(await settled(world, first, second)).toEqual([ok(1), undefined]);
  prepared[1]!();
  expect(await settled(world, second)).toEqual([ok(2)]);
  expect(world.committed()).toEqual({ a: 0, b: 1 });
});

test("what a topic does not take is taken back, and so is what this installation cannot compress", async () => {
  const world = await loadedWorld();
  await settled(world, world.write("a"));
  world.log.prepare = () => Promise.resolve({ ok: false, error: Errors.INVALID_TIMESTAMP });
  const refused = failed(Errors.INVALID_TIMESTAMP);
  expect(await settled(world, world.write("b"), world.write("c"))).toEqual([refused, refused]);
  world.log.prepare = () => Promise.reject(new CodecUnavailable("gone"));
  expect(await settled(world, world.write("d"))).toEqual([failed(Errors.UNKNOWN_SERVER_ERROR)]);
  world.log.prepare = () => undefined;
  expect(await settled(world, world.write("e"))).toEqual([ok(2)]);
  expect(world.committed()).toEqual({ a: 0, e: 1 });
});

test("an append that fails takes the batches behind it along, compressed or not", async () => {
  const world = await loadedWorld("gzip");
  world.log.failNext = Errors.NOT_ENOUGH_REPLICAS;
  const first = world.write("a");
  await world.time.settle();
  const second = world.write("b");
  world.compressions[0]!();
  const error = failed(Errors.NOT_ENOUGH_REPLICAS);
  expect(await settled(world, first, second)).toEqual([error, error]);
  world.compressions[1]?.();
  const third = world.write("c");
  await world.time.settle();
  world.compressions.at(-1)!();
  expect(await settled(world, third)).toEqual([ok(1)]);
  expect(world.committed()).toEqual({ c: 0 });
});

test("timers that were armed by what is taken back are gone, and the others run on", async () => {
  const world = await loadedWorld();
  const ran: string[] = [];
  const arm = (turn: WordsTurn, key: string, delayMs: number) =>
    turn.schedule(key, delayMs, (later) => ran.push(`${key} ${later.nowMs - startMs}`));
  const startMs = world.time.wallMs();
  await settled(
    world,
    world.runtime.write<number>(0, (turn, ticket) => {
      for (const key of ["kept", "replaced"]) arm(turn, key, 1_000);
      turn.reply(ticket, 0);
    }),
  );
  await world.time.advance(300);
  for (const error of [Errors.NOT_ENOUGH_REPLICAS, Errors.RECORD_LIST_TOO_LARGE]) {
    if (error === Errors.NOT_ENOUGH_REPLICAS) world.log.failNext = error;
    else world.log.sizeBytesMax = 1;
    const lost = world.runtime.write<number>(0, (turn, ticket) => {
      turn.append("lost");
      arm(turn, "replaced", 100);
      arm(turn, "new", 100);
      turn.reply(ticket, 0);
    });
    expect(await settled(world, lost)).toEqual([failed(error)]);
  }
  await world.time.advance(900);
  expect(ran).toEqual(["kept 1000"]);
});

test("timers run at their time, start anew after a revert, and end with the leadership", async () => {
  const world = await loadedWorld();
  const startMs = world.time.wallMs();
  await world.time.advance(600);
  world.log.failNext = Errors.NOT_ENOUGH_REPLICAS;
  await settled(world, world.write("a"));
  await world.time.advance(1_000);
  expect(world.ticks.map((ms) => ms - startMs)).toEqual([1_600]);
  const set = (key: string, delayMs: number) =>
    world.runtime.write<number>(0, (turn, ticket) => {
      turn.schedule(key, delayMs, (later) => world.ticks.push(later.nowMs));
      turn.reply(ticket, 0);
    });
  const cancel = world.runtime.write<number>(0, (turn) => turn.cancel("c"));
  await settled(world, set("a", 1_000), set("b", 2_000), set("c", 100), set("a", 3_000), set("b", 500), cancel);
  await settled(
    world,
    world.runtime.write<number>(0, (turn, ticket) => (turn.cancel("c"), turn.reply(ticket, 0))),
  );
  await world.time.advance(2_999);
  expect(world.ticks.map((ms) => ms - startMs)).toEqual([1_600, 2_100]);
  await world.time.advance(1);
  expect(world.ticks.map((ms) => ms - startMs)).toEqual([1_600, 2_100, 4_600]);
  await settled(world, set("d", 1_000));
  world.runtime.close();
  await world.time.advance(5_000);
  expect(world.ticks).toHaveLength(3);
});

describe("transactions", () => {
  const producer = { transactionalId: "id", producerId: 7, producerEpoch: 2 };
  const commit = { producerId: 7, producerEpoch: 2, coordinatorEpoch: 3, isCommit: true, transactionVersion: 2 };

  function writeInTransaction(world: World, ...words: string[]): Promise<Result<number>> {
    return world.runtime.writeInTransaction<number>(0, producer, "verify", (turn, ticket) => {
      for (const word of words) turn.append(word);
      turn.reply(ticket, turn.state.offsets.size);
    });
  }

  function headersOf(world: World): object[] {
    return world.log.batches(0).map((batch) => {
      const { baseOffset, producerId, producerEpoch, baseSequence, isTransactional, isControl } = onlyBatch(batch);
      return { baseOffset, producerId, producerEpoch, baseSequence, isTransactional, isControl };
    });
  }

  test("stand in batches of their own, in the order of the turns, and end behind what was written before", async () => {
    const world = await loadedWorld();
    const writes = [world.write("a"), writeInTransaction(world, "t", "u"), world.write("b")];
    await Promise.resolve();
    const ended = world.runtime.completeTransaction(0, commit);
    const last = world.write("c");
    expect(await settled<unknown>(world, ...writes, ended, last)).toEqual([
      ok(1),
      ok(4),
      ok(2),
      { ok: true, response: undefined },
      ok(5),
    ]);
    const plain = { producerId: -1, producerEpoch: -1, baseSequence: 0, isTransactional: false, isControl: false };
    const ours = { producerId: 7, producerEpoch: 2, isTransactional: true };
    expect(headersOf(world)).toEqual([
      { ...plain, baseOffset: 0 },
      { ...ours, baseOffset: 2, baseSequence: 0, isControl: false },
      { ...ours, baseOffset: 4, baseSequence: -1, isControl: true },
      { ...plain, baseOffset: 5 },
    ]);
    expect(world.committed()).toEqual({ a: 0, b: 1, t: -2, u: -3, c: 5 });
    expect(world.runtime.read(0, ({ ended: of }) => of.get(7, "committed"))).toEqual({ ok: true, response: true });
  });

  test("are only written when they are verified, with what they were verified with", async () => {
    const world = await loadedWorld();
    world.log.verify = () => ({ ok: false, error: Errors.TRANSACTION_ABORTABLE });
    expect(await writeInTransaction(world, "t")).toEqual(failed(Errors.TRANSACTION_ABORTABLE));
    const guard = new VerificationGuard(0, 2, -1, false);
    world.log.verify = () => ({ ok: true, guard });
    const shown: unknown[] = [];
    world.log.onAppend = (_partition, _batch, transaction) => shown.push(transaction);
    await settled(world, writeInTransaction(world, "t"), world.write("a"));
    await settled(world, world.runtime.completeTransaction(0, commit));
    // What needs no verification goes first.
    expect(shown).toEqual([undefined, { guard }, { transactionVersion: 2 }]);
    expect((shown[1] as { guard: unknown }).guard).toBe(guard);
  });

  test("that the log refuses take nothing else along", async () => {
    const world = await loadedWorld();
    await settled(world, world.write("a"));
    world.log.isHeld = true;
    const held = world.write("b");
    await world.time.settle();
    world.log.failNext = Errors.INVALID_PRODUCER_EPOCH;
    expect(await settled(world, writeInTransaction(world, "t"))).toEqual([failed(Errors.INVALID_PRODUCER_EPOCH)]);
    world.log.failNext = Errors.TRANSACTION_COORDINATOR_FENCED;
    const fenced = failed(Errors.TRANSACTION_COORDINATOR_FENCED);
    expect(await settled<unknown>(world, world.runtime.completeTransaction(0, commit))).toEqual([fenced]);
    expect(world.runtime.read(0, ({ ended }) => ended.get(7))).toEqual({ ok: true, response: undefined });
    world.log.release();
    expect(await settled(world, held, world.write("c"))).toEqual([ok(2), ok(3)]);
    expect(world.reverted).toEqual([]);
    expect(world.committed()).toEqual({ a: 0, b: 1, c: 2 });
    world.log.sizeBytesMax = 100;
    const many = await writeInTransaction(world, "one", "two", "three", "four", "five");
    expect(many).toEqual(failed(Errors.MESSAGE_TOO_LARGE));
  });

  test("do not fail because what waited before them was not written", async () => {
    const world = await loadedWorld();
    const first = world.write("a");
    world.log.failNext = Errors.NOT_ENOUGH_REPLICAS;
    const second = world.runtime.completeTransaction(0, commit);
    expect(await settled<unknown>(world, first, second)).toEqual([
      failed(Errors.NOT_ENOUGH_REPLICAS),
      { ok: true, response: undefined },
    ]);
    expect(world.reverted).toHaveLength(1);
    expect(headersOf(world)).toMatchObject([{ baseOffset: 0, isControl: true }]);
  });

  test("are compressed as the rest is, but for their ends, and nothing overtakes them", async () => {
    const world = await loadedWorld("gzip");
    const first = world.write("a");
    await world.time.settle();
    const answers: Promise<unknown>[] = [first, writeInTransaction(world, "t")];
    await Promise.resolve();
    answers.push(world.runtime.completeTransaction(0, commit), world.write("b"), world.write("c"));
    const after = (): Promise<unknown[]> => settled(world, ...answers);
    expect(await after()).toEqual(Array.from(answers, () => undefined));
    expect(world.compressions).toHaveLength(1);
    world.compressions[0]!();
    expect(await after()).toEqual([ok(1), undefined, undefined, undefined, undefined]);
    world.compressions[1]!();
    expect(await after()).toEqual([ok(1), ok(2), { ok: true, response: undefined }, undefined, undefined]);
    world.compressions[2]!();
    expect(await after()).toMatchObject([{}, {}, {}, ok(3), ok(4)]);
    const kinds = world.log.batches(0).map((batch) => [onlyBatch(batch).compression, onlyBatch(batch).isControl]);
    expect(kinds).toEqual([
      ["gzip", false],
      ["gzip", false],
      ["none", true],
      ["gzip", false],
    ]);
    expect(world.committed()).toEqual({ a: 0, t: -1, b: 3, c: 4 });
  });

  test("that the log refuses after they were compressed take nothing else along", async () => {
    const world = await loadedWorld("gzip");
    const refused = writeInTransaction(world, "t");
    await world.time.settle();
    const other = world.write("a");
    world.log.failNext = Errors.INVALID_PRODUCER_EPOCH;
    world.compressions[0]!();
    expect(await settled(world, refused)).toEqual([failed(Errors.INVALID_PRODUCER_EPOCH)]);
    world.compressions[1]!();
    expect(await settled(world, other)).toEqual([ok(1)]);
    expect(world.reverted).toEqual([]);
    expect(world.committed()).toEqual({ a: 0 });
  });

  test("that are being compressed are lost with what was written before them", async () => {
    const world = await loadedWorld("gzip");
    world.log.isHeld = true;
    const first = world.write("a");
    await world.time.settle();
    world.compressions[0]!();
    await world.time.settle();
    const second = writeInTransaction(world, "t");
    await world.time.settle();
    world.log.lose(0, Errors.KAFKA_STORAGE_ERROR);
    const lost = failed(Errors.KAFKA_STORAGE_ERROR);
    expect(await settled(world, first)).toEqual([lost]);
    const last = world.write("c");
    world.compressions[1]!();
    expect(await settled(world, second)).toEqual([lost]);
    world.compressions[2]!();
    expect(await settled(world, last)).toEqual([ok(1)]);
    expect(world.committed()).toEqual({ c: 0 });
    expect(world.log.batches(0)).toHaveLength(1);
  });

  test.each(["resigns", "is elected again"])("are not written when the coordinator %s meanwhile", async (what) => {
    const world = await loadedWorld("gzip");
    const queued = world.write("a");
    await world.time.settle();
    // The second waits for what is queued, the third for the second.
    const answers = [queued, writeInTransaction(world, "t"), writeInTransaction(world, "u"), world.write("b")];
    await world.time.settle();
    if (what === "resigns") world.runtime.resign(0);
    else await world.runtime.elect(0, 2);
    for (const compressed of world.compressions) compressed();
    const gone = failed(Errors.NOT_COORDINATOR);
    expect(await settled(world, ...answers)).toEqual([gone, gone, gone, gone]);
    expect(world.log.batches(0)).toEqual([]);
  });

  test("whose batch cannot be prepared at all fail alone, and hold nothing up", async () => {
    const world = await loadedWorld();
    await settled(world, world.write("a"));
    world.log.prepare = () => Promise.reject(new Error("out of memory"));
    const unknown = failed(Errors.UNKNOWN_SERVER_ERROR);
    const failing = writeInTransaction(world, "t").catch(() => "rejected");
    expect((await settled<unknown>(world, failing))[0]).toEqual(unknown);
    world.log.prepare = () => undefined;
    expect(await settled(world, world.write("b"))).toEqual([ok(2)]);
    const next = writeInTransaction(world, "u");
    expect(await settled(world, next)).toEqual([ok(3)]);
    expect(world.committed()).toEqual({ a: 0, b: 1, u: -2 });
  });

  test.each(["resigns", "is elected again"])("hear at once that the coordinator %s", async (what) => {
    const world = await loadedWorld();
    world.log.prepare = () => new Promise(() => {});
    const answers = [writeInTransaction(world, "t"), world.write("b")];
    await world.time.settle();
    if (what === "resigns") world.runtime.resign(0);
    else await world.runtime.elect(0, 2);
    const gone = failed(Errors.NOT_COORDINATOR);
    expect(await settled(world, ...answers)).toEqual([gone, gone]);
  });

  test("stand behind what a revert writes while they wait", async () => {
    const world = await loadedWorld("gzip");
    world.log.isHeld = true;
    const answers: Promise<unknown>[] = [world.write("a")];
    await world.time.settle();
    world.compressions[0]!();
    await world.time.settle();
    answers.push(world.write("b"));
    await world.time.settle();
    answers.push(writeInTransaction(world, "t"));
    await world.time.settle();
    world.repair = "r";
    world.log.lose(0, Errors.KAFKA_STORAGE_ERROR);
    world.compressions[1]!();
    await world.time.settle();
    world.compressions[2]?.();
    await world.time.settle();
    world.compressions[3]?.();
    const lost = failed(Errors.KAFKA_STORAGE_ERROR);
    expect(await settled(world, ...answers)).toEqual([lost, lost, ok(2)]);
    expect(world.committed()).toEqual({ r: 0, t: -1 });
  });

  test("do not keep long work from its turn, however many there are", async () => {
    const world = await loadedWorld("gzip");
    let isWorked = false;
    let written = 0;
    const writeOn = async (): Promise<void> => {
      for (let count = 0; count < 10; count++) {
        await writeInTransaction(world, "t");
        written++;
      }
    };
    void writeOn();
    void writeOn();
    await world.time.settle();
    void world.runtime.write<number>(0, (turn) =>
      turn.offload([undefined, undefined].values(), () => (isWorked = true)),
    );
    for (let count = 0; count < 10; count++) {
      world.compressions.shift()?.();
      await world.time.settle();
    }
    expect(isWorked).toBe(true);
    expect(written).toBeLessThan(20);
  });

  test("take nothing of the time that others have to be committed, who wait for their turn", async () => {
    const world = await loadedWorld("gzip");
    const compress = async (): Promise<void> => {
      world.compressions.shift()!();
      await world.time.settle();
    };
    const written = writeInTransaction(world, "t");
    await world.time.settle();
    const waiting = world.write("a");
    await world.time.advance(20_000);
    expect(await settled(world, written, waiting)).toEqual([undefined, undefined]);
    await compress();
    world.log.isHeld = true;
    await compress();
    await world.time.advance(4_999);
    expect(await settled(world, written, waiting)).toEqual([ok(1), undefined]);
    await world.time.advance(1);
    expect(await settled(world, waiting)).toEqual([failed(Errors.REQUEST_TIMED_OUT)]);
  });

  test("have the shard to themselves: timers and long work wait, and may be put off", async () => {
    const world = await loadedWorld("gzip");
    const ran: string[] = [];
    await settled(
      world,
      world.runtime.write<number>(0, (turn, ticket) => {
        for (const key of ["due", "put off"]) turn.schedule(key, 500, () => ran.push(key));
        turn.reply(ticket, 0);
      }),
    );
    const written = world.runtime.writeInTransaction<number>(0, producer, "verify", (turn, ticket) => {
      turn.append("t");
      turn.schedule("put off", 2_000, () => ran.push("put off"));
      turn.reply(ticket, 1);
    });
    await world.time.settle();
    const worked = world.runtime.write<number>(0, (turn, ticket) => {
      turn.offload([undefined, undefined].values(), (later) => {
        ran.push("worked");
        later.reply(ticket, 2);
      });
    });
    await world.time.advance(500);
    expect(ran).toEqual([]);
    world.compressions[0]!();
    expect(await settled(world, written, worked)).toEqual([ok(1), ok(2)]);
    expect(ran).toEqual(["due", "worked"]);
    await world.time.advance(2_000);
    expect(ran).toEqual(["due", "worked", "put off"]);
  });

  test("fail where no coordinator is, and when it goes", async () => {
    const world = new World();
    expect(await writeInTransaction(world, "t")).toEqual(failed(Errors.NOT_COORDINATOR));
    expect(await world.runtime.completeTransaction(0, commit)).toEqual(failed(Errors.NOT_COORDINATOR));
    const loading = world.runtime.elect(0, 1);
    const early = world.runtime.completeTransaction(0, commit);
    expect(await early).toEqual(failed(Errors.COORDINATOR_LOAD_IN_PROGRESS));
    await loading;
    world.log.isHeld = true;
    const pending = world.runtime.completeTransaction(0, commit);
    const slow = world.runtime.completeTransaction(0, { ...commit, producerId: 8 });
    await world.time.settle();
    world.runtime.resign(0);
    const gone = failed(Errors.NOT_COORDINATOR);
    expect(await settled<unknown>(world, pending, slow)).toEqual([gone, gone]);
  });
});
