import { type Clock, type TimerHandle, type Timers } from "../../io/ports.ts";
import { type ShardGate } from "./shard-gate.ts";
import { type Operation, type TimerChange } from "./turn.ts";

interface Entry<S, R> {
  deadlineMs: number;
  operation: Operation<S, R>;
  /** Of the turn that armed it. */
  mark: number;
  /** Deadline of the node in the heap that stands for this entry; at most `deadlineMs`. */
  nodeMs: number;
}

interface Node {
  readonly key: string;
  readonly deadlineMs: number;
}

/**
 * The timers of one shard, on the monotonic clock, behind one timer of the node. Putting a deadline off, which heartbeats do
 * all the time, only changes the entry; its node in the heap moves when the old deadline comes.
 */
export class ShardTimers<S, R> {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #gate: Pick<ShardGate, "held">;
  readonly #run: (operation: Operation<S, R>) => void;
  readonly #entries = new Map<string, Entry<S, R>>();
  #heap: Node[] = [];
  #handle: TimerHandle | undefined;
  #handleMs = Infinity;

  constructor(clock: Clock, timers: Timers, gate: Pick<ShardGate, "held">, run: (operation: Operation<S, R>) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#gate = gate;
    this.#run = run;
  }

  apply({ key, delayMs, operation, isIfAbsent }: TimerChange<S, R>, mark: number): void {
    if (delayMs === undefined) {
      this.#entries.delete(key);
      return;
    }
    const deadlineMs = this.#clock.monotonicMs() + delayMs;
    const entry = this.#entries.get(key);
    if (entry !== undefined && isIfAbsent === true) return;
    if (entry !== undefined && entry.nodeMs <= deadlineMs) {
      entry.deadlineMs = deadlineMs;
      entry.operation = operation;
      entry.mark = mark;
      return;
    }
    this.#entries.set(key, { deadlineMs, operation, mark, nodeMs: deadlineMs });
    push(this.#heap, { key, deadlineMs });
    this.#arm();
  }

  /** The turns from `mark` on have not happened. */
  forgetSince(mark: number): void {
    for (const [key, entry] of this.#entries) if (entry.mark >= mark) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#heap = [];
    this.#handle?.cancel();
    this.#handle = undefined;
    this.#handleMs = Infinity;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.deadlineMs >= this.#handleMs) return;
    this.#handle?.cancel();
    this.#handleMs = first.deadlineMs;
    this.#handle = this.#timers.after(Math.max(0, first.deadlineMs - this.#clock.monotonicMs()), () => this.#fire());
  }

  #fire(): void {
    this.#handle = undefined;
    this.#handleMs = Infinity;
    if (this.#gate.held !== undefined) {
      // What has the shard to itself, or what comes before these in the queue, may put them off.
      void this.#gate.held.then(() => this.#fire());
      return;
    }
    const nowMs = this.#clock.monotonicMs();
    for (const node of this.#takeDue(nowMs)) {
      const entry = this.#entries.get(node.key);
      // An operation before may have changed this one's timer.
      if (entry === undefined || entry.nodeMs !== node.deadlineMs) continue;
      if (entry.deadlineMs > nowMs) {
        entry.nodeMs = entry.deadlineMs;
        push(this.#heap, { key: node.key, deadlineMs: entry.deadlineMs });
      } else {
        this.#entries.delete(node.key);
        this.#run(entry.operation);
      }
    }
    this.#arm();
  }

  #takeDue(nowMs: number): Node[] {
    const due: Node[] = [];
    while (this.#heap.length > 0 && this.#heap[0]!.deadlineMs <= nowMs) due.push(pop(this.#heap));
    return due;
  }
}

function push(heap: Node[], node: Node): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]!.deadlineMs <= node.deadlineMs) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = node;
}

/** The first node of a heap that is not empty. */
function pop(heap: Node[]): Node {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]!.deadlineMs < heap[child]!.deadlineMs) child++;
    if (heap[child]!.deadlineMs >= last.deadlineMs) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
