import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Timeline, TimelineMap } from "../../../src/base/timeline-map.ts";

test("changes are seen at once, and committed ones only after the commit", () => {
  const timeline = new Timeline();
  const map = new TimelineMap<string, number>(timeline);
  const first = timeline.next();
  map.set("a", 1);
  expect(map.get("a")).toBe(1);
  expect(map.get("a", "committed")).toBeUndefined();
  timeline.commit(first);
  timeline.next();
  map.set("a", 2);
  map.set("b", 3);
  expect([...map.entries("committed")]).toEqual([["a", 1]]);
  expect([...map.entries()]).toEqual([
    ["a", 2],
    ["b", 3],
  ]);
});

test("before the first mark all changes are final", () => {
  const timeline = new Timeline();
  const map = new TimelineMap<string, number>(timeline);
  map.set("a", 1);
  expect(map.get("a", "committed")).toBe(1);
  const mark = timeline.next();
  map.delete("a");
  timeline.revert(mark);
  expect([...map.entries("committed")]).toEqual([["a", 1]]);
});

test("a revert takes back the mark and all later ones", () => {
  const timeline = new Timeline();
  const map = new TimelineMap<string, number>(timeline);
  const first = timeline.next();
  map.set("a", 1);
  const second = timeline.next();
  map.set("a", 2);
  map.delete("a");
  timeline.next();
  map.set("b", 3);
  timeline.revert(second);
  expect([...map.entries()]).toEqual([["a", 1]]);
  timeline.commit(first);
  expect([...map.entries("committed")]).toEqual([["a", 1]]);
});

/** The model: a list of plain maps, one per mark that is not final, and the committed one. */
class Model {
  committed = new Map<number, number>();
  open: { mark: number; map: Map<number, number> }[] = [];

  get latest(): Map<number, number> {
    return this.open.at(-1)?.map ?? this.committed;
  }

  change(mark: number, apply: (map: Map<number, number>) => void): void {
    if (this.open.at(-1)?.mark !== mark) this.open.push({ mark, map: new Map(this.latest) });
    apply(this.latest);
  }

  commit(mark: number): void {
    while (this.open[0] !== undefined && this.open[0].mark <= mark) this.committed = this.open.shift()!.map;
  }

  revert(mark: number): void {
    while (this.open.length > 0 && this.open.at(-1)!.mark >= mark) this.open.pop();
  }
}

test("behaves as a list of copies would", () => {
  const key = fc.integer({ min: 0, max: 5 });
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("set" as const), key, value: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), key }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("next" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("commit" as const), back: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("revert" as const), back: fc.nat(3) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const timeline = new Timeline();
      const maps = [new TimelineMap<number, number>(timeline), new TimelineMap<number, number>(timeline)] as const;
      const models = [new Model(), new Model()] as const;
      let mark = timeline.next();
      let final = 0;
      for (const step of steps) {
        const which = "key" in step ? ((step.key & 1) as 0 | 1) : 0;
        switch (step.kind) {
          case "set":
            maps[which].set(step.key, step.value);
            models[which].change(mark, (map) => map.set(step.key, step.value));
            break;
          case "delete":
            expect(maps[which].delete(step.key)).toBe(models[which].latest.has(step.key));
            models[which].change(mark, (map) => map.delete(step.key));
            break;
          case "next":
            mark = timeline.next();
            break;
          case "commit":
            final = Math.max(final, mark - step.back);
            timeline.commit(final);
            for (const model of models) model.commit(final);
            if (final === mark) mark = timeline.next();
            break;
          case "revert": {
            const from = Math.max(final + 1, mark - step.back);
            timeline.revert(from);
            for (const model of models) model.revert(from);
            mark = timeline.next();
            break;
          }
        }
        for (const index of [0, 1] as const) {
          expect(new Map(maps[index].entries())).toEqual(models[index].latest);
          expect(new Map(maps[index].entries("committed"))).toEqual(models[index].committed);
          for (let key = 0; key <= 5; key++) {
            expect(maps[index].get(key)).toBe(models[index].latest.get(key));
            expect(maps[index].get(key, "committed")).toBe(models[index].committed.get(key));
          }
        }
      }
    }),
    { numRuns: 500 },
  );
});
