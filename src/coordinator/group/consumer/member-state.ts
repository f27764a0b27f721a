import { type MemberState } from "./member.ts";

/** As they stand in records. */
const numbers: Record<MemberState, number> = { stable: 0, unrevoked: 1, unreleased: 2, unknown: 127 };

const states: ReadonlyMap<number, MemberState> = new Map(
  Object.entries(numbers).map(([state, number]) => [number, state as MemberState]),
);

export function stateFromNumber(number: number): MemberState {
  return states.get(number) ?? "unknown";
}

export function numberOfState(state: MemberState): number {
  return numbers[state];
}
