import { shareSnapshotKey, shareSnapshotValue } from "../../protocol/share-records/share-snapshot.ts";
import { shareUpdateKey, shareUpdateValue } from "../../protocol/share-records/share-update.ts";
import { type CoordinatorRecord } from "./coordinator-decoder.ts";

/** What `__share_group_state` holds. */
export const shareRecords: readonly CoordinatorRecord[] = [
  { key: shareSnapshotKey, value: shareSnapshotValue },
  { key: shareUpdateKey, value: shareUpdateValue },
];
