import { describe, expect, test } from "vitest";
import { TimerWheel, WheelEntry } from "../../../src/base/timer-wheel.ts";
import { SeededRandom } from "../../support/random-bytes.ts";

class Entry extends WheelEntry {
  readonly #onExpire: () => void;

  constructor(onExpire: () => void) {
    super();
    this.#onExpire = onExpire;
  }

  override onExpire(): void {
    this.#onExpire();
  }
}

describe("timer wheel", () => {
  test("an entry expires at its deadline, not before, and once", () => {
    const wheel = new TimerWheel(10, 1_000);
    let count = 0;
    wheel.add(new Entry(() => count++), 1_055);
    wheel.advance(1_054);
    expect(count).toBe(0);
    expect(wheel.nextDeadlineMs()).toBe(1_060);
    wheel.advance(1_060);
    wheel.advance(20_000);
    expect(count).toBe(1);
    expect(wheel.size).toBe(0);
    expect(wheel.nextDeadlineMs()).toBeUndefined();
  });

  test("a deadline that has passed expires with the next tick", () => {
    const wheel = new TimerWheel(10, 1_000);
    let count = 0;
    wheel.add(new Entry(() => count++), 400);
    wheel.advance(1_009);
    expect(count).toBe(0);
    wheel.advance(1_010);
    expect(count).toBe(1);
  });

  test("a removed entry does not expire, may be removed again, and may be added again", () => {
    const wheel = new TimerWheel(10, 0);
    let count = 0;
    const entry = new Entry(() => count++);
    wheel.add(entry, 50);
    wheel.remove(entry);
    wheel.remove(entry);
    wheel.advance(100);
    expect(count).toBe(0);
    wheel.add(entry, 150);
    wheel.advance(200);
    expect(count).toBe(1);
  });

  test("rounds: an entry further away than the wheel is wide waits its rounds", () => {
    const wheel = new TimerWheel(10, 0);
    let count = 0;
    wheel.add(new Entry(() => count++), 3 * 5_120 + 70);
    for (let nowMs = 0; nowMs < 3 * 5_120 + 70; nowMs += 10) wheel.advance(nowMs);
    expect(count).toBe(0);
    wheel.advance(3 * 5_120 + 70);
    expect(count).toBe(1);
  });

  test("callbacks may take out, move and put in entries of the same tick", () => {
    const wheel = new TimerWheel(10, 0);
    const expired: string[] = [];
    const removed = new Entry(() => expired.push("removed"));
    const moved = new Entry(() => expired.push("moved"));
    const last = new Entry(() => expired.push("last"));
    const first = new Entry(() => {
      expired.push("first");
      wheel.remove(removed);
      wheel.remove(moved);
      wheel.add(moved, 500);
      wheel.add(new Entry(() => expired.push("new")), 0);
    });
    for (const entry of [first, removed, moved, last]) wheel.add(entry, 50);
    wheel.advance(50);
    expect(expired).toEqual(["first", "last"]);
    wheel.advance(60);
    expect(expired).toEqual(["first", "last", "new"]);
    wheel.advance(500);
    expect(expired).toEqual(["first", "last", "new", "moved"]);
    expect(wheel.size).toBe(0);
  });

  test("behaves as a sorted list does", () => {
    const random = new SeededRandom(7);
    const wheel = new TimerWheel(10, 0);
    const expected = new Map<number, { dueMs: number; entry: Entry }>();
    let nowMs = 0;
    for (let step = 0; step < 3_000; step++) {
      const id = step;
      const dueMs = nowMs + random.below(12_000);
      const entry = new Entry(() => {
        expect(nowMs).toBeGreaterThanOrEqual(dueMs);
        expect(expected.delete(id)).toBe(true);
      });
      wheel.add(entry, dueMs);
      expected.set(id, { dueMs, entry });
      const victim = random.below(step + 1);
      if (random.below(3) === 0 && expected.has(victim)) {
        wheel.remove(expected.get(victim)!.entry);
        expected.delete(victim);
      }
      // Now and then the process stands still.
      nowMs += random.below(100) === 0 ? random.below(20_000) : random.below(40);
      wheel.advance(nowMs);
      const isLate = [...expected.values()].some(({ dueMs: due }) => due <= nowMs - 10);
      expect([isLate, wheel.size]).toEqual([false, expected.size]);
    }
  });
});
