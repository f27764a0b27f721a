import { type ForeignGroup } from "./foreign-group.ts";
import { foreignTypeOf } from "./foreign-records.ts";
import { type GroupTurn } from "./group-state.ts";

/** Deletes the records of a group of another protocol; its offsets stay. */
export function deleteForeign(turn: GroupTurn, group: ForeignGroup): void {
  for (const keyText of group.keys.keys()) {
    const key = Buffer.from(keyText, "base64");
    const kind = foreignTypeOf(key.readInt16BE(0))!;
    turn.append({ type: "foreign", group: group.groupId, kind, key, value: null });
  }
}

/** A member of the classic protocol wants the group. None of the others can be alive here. */
export function convertToClassic(turn: GroupTurn, group: ForeignGroup): void {
  turn.note("info", "group becomes a classic group", { groupId: group.groupId, type: group.type });
  deleteForeign(turn, group);
}
