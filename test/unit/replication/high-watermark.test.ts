import { describe, expect, test } from "vitest";
import { highWatermarkOf } from "../../../src/replication/high-watermark.ts";

const leader = 1;
const followers = [
  { id: 2, endOffset: 40 },
  { id: 3, endOffset: 25 },
];

describe("high watermark", () => {
  test("a leader alone in its ISR commits what is written", () => {
    expect(highWatermarkOf(10, leader, 50, [leader], [])).toBe(50);
  });

  test("is the lowest end of the ISR", () => {
    expect(highWatermarkOf(10, leader, 50, [leader, 2], followers)).toBe(40);
    expect(highWatermarkOf(10, leader, 50, [2, 3, leader], followers)).toBe(25);
  });

  test("replicas outside of the ISR do not hold it back", () => {
    expect(highWatermarkOf(10, leader, 50, [leader], followers)).toBe(50);
  });

  test("never falls", () => {
    expect(highWatermarkOf(30, leader, 50, [leader, 3], followers)).toBe(30);
    expect(highWatermarkOf(60, leader, 50, [leader], [])).toBe(60);
  });

  test("stands still while a member of the ISR has not been heard of", () => {
    expect(highWatermarkOf(10, leader, 50, [leader, 7], followers)).toBe(10);
  });
});
