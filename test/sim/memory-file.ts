import { DiskError } from "../../src/io/ports.ts";

/** Uniform in [0, bound). */
export type Draw = (bound: number) => number;

type Change =
  | { readonly kind: "write"; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly sizeBytes: number };

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

  sync(): void {
    for (const change of this.#unsynced) this.#durable.apply(change);
    this.#unsynced = [];
  }

  /** What is left when the power fails: all that was synced, then as many of the later changes as the draw says. */
  afterCrash(draw: Draw): MemoryFile {
    const kept = this.#unsynced.slice(0, draw(this.#unsynced.length + 1));
    const torn = this.#unsynced[kept.length];
    if (torn?.kind === "write" && draw(2) === 0) {
      const bytes = Buffer.from(torn.bytes.subarray(0, draw(torn.bytes.length + 1)));
      // Some file systems grow a file before its bytes are there.
      if (draw(4) === 0) bytes.fill(0, draw(bytes.length + 1));
      kept.push({ ...torn, bytes });
    }
    return this.#copyWith(kept);
  }

  /** What is left when the process ends: the operating system has all. */
  afterKill(): MemoryFile {
    return this.#copyWith(this.#unsynced);
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

type NameChange = (names: Map<string, MemoryNode>) => void;
export type MemoryNode = MemoryFile | MemoryDirectory;

/** A directory: names become durable when it is synced; until then the latest of its changes may be lost. */
export class MemoryDirectory {
  #current = new Map<string, MemoryNode>();
  #durable = new Map<string, MemoryNode>();
  #unsynced: NameChange[] = [];

  get(name: string): MemoryNode | undefined {
    return this.#current.get(name);
  }

  names(): string[] {
    return [...this.#current.keys()].sort();
  }

  set(name: string, node: MemoryNode): void {
    this.#change((names) => names.set(name, node));
  }

  remove(name: string): void {
    this.#change((names) => names.delete(name));
  }

  rename(from: string, to: string): void {
    const node = this.#current.get(from);
    if (node === undefined) throw new DiskError("ENOENT", `no such file: ${from}`);
    this.#change((names) => {
      names.delete(from);
      names.set(to, node);
    });
  }

  sync(): void {
    for (const change of this.#unsynced) change(this.#durable);
    this.#unsynced = [];
  }

  afterCrash(draw: Draw): MemoryDirectory {
    const names = new Map(this.#durable);
    for (const change of this.#unsynced.slice(0, draw(this.#unsynced.length + 1))) change(names);
    return copied(names, (node) => node.afterCrash(draw));
  }

  afterKill(): MemoryDirectory {
    return copied(this.#current, (node) => node.afterKill());
  }

  #change(change: NameChange): void {
    change(this.#current);
    this.#unsynced.push(change);
  }
}

function copied(names: ReadonlyMap<string, MemoryNode>, copyOf: (node: MemoryNode) => MemoryNode): MemoryDirectory {
  const copy = new MemoryDirectory();
  for (const [name, node] of names) copy.set(name, copyOf(node));
  copy.sync();
  return copy;
}
