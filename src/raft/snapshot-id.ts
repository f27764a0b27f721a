import { type LeaderEpoch, type Offset } from "../base/brand.ts";

/** Which records a snapshot stands for: all below `offset`, the last of them written in `epoch`. */
export interface SnapshotId {
  readonly offset: Offset;
  readonly epoch: LeaderEpoch;
}

const suffix = ".checkpoint";
const offsetWidth = 20;
const epochWidth = 10;
const fileName = /^(\d{20})-(\d{10})(?:-.*)?\.checkpoint(\.part|\.deleted)?$/;

/** `00000000000000000174-0000000002.checkpoint` */
export function snapshotFileName(id: SnapshotId): string {
  return `${snapshotBaseName(id)}${suffix}`;
}

/** While it is being written. */
export function partialSnapshotFileName(id: SnapshotId): string {
  return `${snapshotBaseName(id)}-0${suffix}.part`;
}

export interface SnapshotFileName {
  readonly id: SnapshotId;
  readonly isWhole: boolean;
}

/** undefined when the file is no snapshot. */
export function parseSnapshotFileName(name: string): SnapshotFileName | undefined {
  const match = fileName.exec(name);
  if (match === null) return undefined;
  return { id: { offset: Number(match[1]), epoch: Number(match[2]) }, isWhole: match[3] === undefined };
}

export function compareSnapshotIds(a: SnapshotId, b: SnapshotId): number {
  return a.epoch - b.epoch || a.offset - b.offset;
}

function snapshotBaseName({ offset, epoch }: SnapshotId): string {
  return `${String(offset).padStart(offsetWidth, "0")}-${String(epoch).padStart(epochWidth, "0")}`;
}
