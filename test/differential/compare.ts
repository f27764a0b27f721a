import { expect } from "vitest";
import { deliberate } from "./deliberate.ts";
import { type Step } from "./session.ts";

/** Fails unless the transcripts agree in all but the deliberate differences, and differ in those. */
export function expectSameAnswers(scenario: string, ours: readonly Step[], kafkas: readonly Step[]): void {
  const meant = Object.keys(deliberate[scenario] ?? {});
  const isMeant = ({ step }: Step) =>
    meant.some((beginning) => step === beginning || step.startsWith(`${beginning} (`));
  const compared = (steps: readonly Step[]) => steps.filter((step) => !isMeant(step));
  expect(compared(ours)).toEqual(compared(kafkas));
  const alike = ours.filter((step, index) => isMeant(step) && JSON.stringify(step) === JSON.stringify(kafkas[index]));
  expect(alike, "these are in the list of deliberate differences, and do not differ").toEqual([]);
  expect(ours.filter(isMeant), "every deliberate difference has its step").toHaveLength(meant.length);
}
