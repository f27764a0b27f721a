import { DiskError } from "../../src/io/ports.ts";

/** Uniform in [0, bound). */
export type Draw = (bound: number) => number;

type Change =
  | { readonly kind: "write"; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly sizeBytes: number };

/** What devices write as a whole: one of them, or fewer bytes when the machine dies within the copy to the page cache. */
const sectorSizes = [64, 512, 4096] as const;

/** Bytes that grow where they are written to; gaps are zeros. */
class Bytes {
  #buffer = Buffer.alloc(256);
  sizeBytes = 0;

  view(): Buffer {
    return this.#buffer.subarray(0, this.sizeBytes);
  }

  apply(change: Change): void {
    if (change.kind === "truncate") this.#resize(change.sizeBytes);
    else {
      const end = change.position + change.bytes.length;
      if (end > this.sizeBytes) this.#resize(end);
      change.bytes.copy(this.#buffer, change.position);
    }
  }

  #resize(sizeBytes: number): void {
    if (sizeBytes < this.sizeBytes) this.#buffer.fill(0, sizeBytes, this.sizeBytes);
    if (sizeBytes > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(sizeBytes, this.#buffer.length * 2));
      this.view().copy(larger);
      this.#buffer = larger;
    }
    this.sizeBytes = sizeBytes;
  }
}

/** A file as the operating system sees it (`view`), and what of it a loss of power leaves. */
export class MemoryFile {
  modifiedMs: number;
  readonly #current = new Bytes();
  readonly #durable = new Bytes();
  #unsynced: Change[] = [];
  #changesGone = 0;

  constructor(nowMs: number) {
    this.modifiedMs = nowMs;
  }

  get sizeBytes(): number {
    return this.#current.sizeBytes;
  }

  view(): Buffer {
    return this.#current.view();
  }

  write(bytes: Buffer, position: number, nowMs: number): void {
    this.#change({ kind: "write", position, bytes: Buffer.from(bytes) }, nowMs);
  }

  truncate(sizeBytes: number, nowMs: number): void {
    if (sizeBytes !== this.sizeBytes) this.#change({ kind: "truncate", sizeBytes }, nowMs);
  }

  /** Changes since it was made. */
  get changeCount(): number {
    return this.#changesGone + this.#unsynced.length;
  }

  /** Makes the changes before the `changeCount`-th durable. */
  sync(changeCount = this.changeCount): void {
    const done = this.#unsynced.splice(0, changeCount - this.#changesGone);
    this.#changesGone += done.length;
    for (const change of done) this.#durable.apply(change);
  }

  /**
   * What an fsync that fails leaves, as Linux does it: the pages count as clean, so that a later fsync succeeds and makes
   * none of them durable. Whoever takes that for success loses them.
   */
  failSync(): void {
    this.#changesGone += this.#unsynced.length;
    this.#unsynced = [];
  }

  /** What is left when the power fails: all that was synced, and of the later changes what the draw says. */
  afterCrash(draw: Draw): MemoryFile {
    if (this.#unsynced.length === 0) return this.#copyWith([]);
    return draw(2) === 0 ? this.#afterOrderedCrash(draw) : this.#afterScatteredCrash(draw);
  }

  /** As many changes as the draw says, the next one torn. */
  #afterOrderedCrash(draw: Draw): MemoryFile {
    const kept = this.#unsynced.slice(0, draw(this.#unsynced.length + 1));
    const torn = this.#unsynced[kept.length];
    if (torn?.kind === "write" && draw(2) === 0) {
      const bytes = Buffer.from(torn.bytes.subarray(0, draw(torn.bytes.length + 1)));
      // Some file systems grow a file before its bytes are there; what was there before the write is not zeroed by any.
      if (draw(4) === 0) {
        const grownFrom = Math.max(0, this.#copyWith(kept).sizeBytes - torn.position);
        const zerosFrom = Math.max(draw(bytes.length + 1), grownFrom);
        if (zerosFrom < bytes.length) bytes.fill(0, zerosFrom);
      }
      kept.push({ ...torn, bytes });
    }
    return this.#copyWith(kept);
  }

  /** The size is that after some change; each sector is as some change left it, a later one perhaps without an earlier. */
  #afterScatteredCrash(draw: Draw): MemoryFile {
    const changes = this.#unsynced;
    const sectorBytes = sectorSizes[draw(sectorSizes.length)]!;
    const sizeAfter = draw(2) === 0 ? changes.length : draw(changes.length + 1);
    const working = new Bytes();
    working.apply({ kind: "write", position: 0, bytes: this.#durable.view() });
    const states = [Buffer.from(working.view())];
    for (const change of changes) {
      working.apply(change);
      states.push(Buffer.from(working.view()));
    }
    const result = Buffer.alloc(states[sizeAfter]!.length);
    for (let start = 0; start < result.length; start += sectorBytes) {
      const luck = draw(4);
      const state = states[luck === 0 ? 0 : luck === 1 ? draw(states.length) : changes.length]!;
      if (start < state.length) state.copy(result, start, start, Math.min(start + sectorBytes, state.length));
    }
    const copy = new MemoryFile(this.modifiedMs);
    copy.write(result, 0, this.modifiedMs);
    copy.sync();
    return copy;
  }

  /** What is left when the process ends: the operating system has all. */
  afterKill(): MemoryFile {
    const copy = this.#copyWith(this.#unsynced);
    // What a failed fsync forgot is in the page cache still; that the next process writes it again is more than it does.
    const [known, expected] = [copy.view(), this.view()];
    let same = 0;
    while (same < known.length && same < expected.length && known[same] === expected[same]) same++;
    if (same < expected.length) copy.write(expected.subarray(same), same, this.modifiedMs);
    copy.truncate(expected.length, this.modifiedMs);
    return copy;
  }

  #copyWith(changes: readonly Change[]): MemoryFile {
    const copy = new MemoryFile(this.modifiedMs);
    copy.write(this.#durable.view(), 0, this.modifiedMs);
    copy.sync();
    for (const change of changes) copy.#change(change, this.modifiedMs);
    return copy;
  }

  #change(change: Change, nowMs: number): void {
    this.#current.apply(change);
    this.#unsynced.push(change);
    this.modifiedMs = nowMs;
  }
}

type NameChange =
  | { readonly kind: "set"; readonly name: string; readonly node: MemoryNode }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "rename"; readonly from: string; readonly name: string; readonly node: MemoryNode };
export type MemoryNode = MemoryFile | MemoryDirectory;

function changeName(names: Map<string, MemoryNode>, change: NameChange): void {
  if (change.kind === "rename") names.delete(change.from);
  if (change.kind === "remove") names.delete(change.name);
  else names.set(change.name, change.node);
}

/**
 * A directory: names become durable when it is synced; until then the latest of its changes may be lost. File systems with
 * a journal keep the order of the changes of one directory, not that of directories and files among each other.
 */
export class MemoryDirectory {
  readonly #current = new Map<string, MemoryNode>();
  readonly #durable = new Map<string, MemoryNode>();
  #unsynced: NameChange[] = [];
  #changesGone = 0;

  get(name: string): MemoryNode | undefined {
    return this.#current.get(name);
  }

  names(): string[] {
    return [...this.#current.keys()].sort();
  }

  set(name: string, node: MemoryNode): void {
    this.#change({ kind: "set", name, node });
  }

  remove(name: string): void {
    this.#change({ kind: "remove", name });
  }

  rename(from: string, to: string): void {
    const node = this.#current.get(from);
    if (node === undefined) throw new DiskError("ENOENT", `no such file: ${from}`);
    this.#change({ kind: "rename", from, name: to, node });
  }

  /** Changes since it was made. */
  get changeCount(): number {
    return this.#changesGone + this.#unsynced.length;
  }

  /** Makes the changes before the `changeCount`-th durable. */
  sync(changeCount = this.changeCount): void {
    const done = this.#unsynced.splice(0, Math.max(0, changeCount - this.#changesGone));
    this.#changesGone += done.length;
    for (const change of done) changeName(this.#durable, change);
  }

  afterCrash(draw: Draw): MemoryDirectory {
    const names = new Map(this.#durable);
    for (const change of this.#unsynced.slice(0, draw(this.#unsynced.length + 1))) changeName(names, change);
    const copy = new MemoryDirectory();
    for (const [name, node] of names) copy.set(name, node.afterCrash(draw));
    copy.sync();
    return copy;
  }

  /** The operating system has all; what is not durable yet still is not. */
  afterKill(): MemoryDirectory {
    const copies = new Map<MemoryNode, MemoryNode>();
    const copyOf = (node: MemoryNode): MemoryNode => {
      const copy = copies.get(node) ?? node.afterKill();
      copies.set(node, copy);
      return copy;
    };
    const copy = new MemoryDirectory();
    for (const [name, node] of this.#durable) copy.set(name, copyOf(node));
    copy.sync();
    for (const change of this.#unsynced) {
      copy.#change(change.kind === "remove" ? change : { ...change, node: copyOf(change.node) });
    }
    return copy;
  }

  #change(change: NameChange): void {
    changeName(this.#current, change);
    this.#unsynced.push(change);
  }
}
