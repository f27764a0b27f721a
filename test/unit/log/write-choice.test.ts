import { expect, test } from "vitest";
import { WriteChoice } from "../../../src/log/write-choice.ts";

const megabyte = 1 << 20;

test("writes are made at once as long as none was held back", () => {
  const choice = new WriteChoice();
  expect(choice.wayFor(false, 100, 0)).toBe("now");
  choice.note(39.9, 10);
  expect(choice.wayFor(false, 30 * megabyte, 11)).toBe("now");
});

test("for a second after one that was held back they go aside, and longer when those take long too", () => {
  const choice = new WriteChoice();
  choice.note(40, 5_000);
  expect(choice.wayFor(false, 100, 5_001)).toBe("aside");
  choice.note(300, 5_900);
  choice.note(0.1, 5_950);
  expect(choice.wayFor(false, 100, 6_899)).toBe("aside");
  expect(choice.wayFor(false, 100, 6_900)).toBe("now");
});

test("nothing overtakes a write that is under way", () => {
  const choice = new WriteChoice();
  expect(choice.wayFor(true, 100, 0)).toBe("later");
  choice.note(40, 0);
  expect(choice.wayFor(true, 100, 1)).toBe("later");
});

test("when far too much is unwritten the event loop has to wait", () => {
  const choice = new WriteChoice();
  choice.note(500, 0);
  expect(choice.wayFor(false, 256 * megabyte, 1)).toBe("aside");
  expect(choice.wayFor(false, 256 * megabyte + 1, 1)).toBe("now");
  expect(choice.wayFor(true, 256 * megabyte + 1, 1)).toBe("now");
});
