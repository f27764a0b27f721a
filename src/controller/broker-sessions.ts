import { type NodeId, type Offset } from "../base/brand.ts";

interface Session {
  /** Monotonic. */
  readonly lastContactMs: number;
  readonly metadataOffset: Offset;
  /** The log's end when the broker began its controlled shutdown; -1 while it runs. */
  readonly shutdownOffset: Offset;
}

/** When each broker was last heard of, and how far it has the metadata. Soft state: it begins anew with each controller. */
export class BrokerSessions {
  readonly #sessions = new Map<NodeId, Session>();
  readonly #timeoutMs: number;

  /** @param timeoutMs `broker.session.timeout.ms` */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  touch(id: NodeId, nowMs: number, metadataOffset: Offset): void {
    const shutdownOffset = this.#sessions.get(id)?.shutdownOffset ?? -1;
    this.#sessions.set(id, { lastContactMs: nowMs, metadataOffset, shutdownOffset });
  }

  /** A new registration: what was known of the broker is void. */
  begin(id: NodeId, nowMs: number): void {
    this.#sessions.set(id, { lastContactMs: nowMs, metadataOffset: -1, shutdownOffset: -1 });
  }

  /** The broker was told to stop: who registers with its id next is its successor. */
  end(id: NodeId): void {
    this.#sessions.delete(id);
  }

  beginShutdown(id: NodeId, endOffset: Offset): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) this.#sessions.set(id, { ...session, shutdownOffset: endOffset });
  }

  shutdownOffset(id: NodeId): Offset {
    return this.#sessions.get(id)?.shutdownOffset ?? -1;
  }

  isValid(id: NodeId, nowMs: number): boolean {
    const session = this.#sessions.get(id);
    return session !== undefined && nowMs - session.lastContactMs < this.#timeoutMs;
  }

  /** How far the slowest of these brokers has the metadata; Infinity without any. */
  lowestOffset(ids: Iterable<NodeId>): Offset {
    let lowest = Infinity;
    for (const id of ids) lowest = Math.min(lowest, this.#sessions.get(id)?.metadataOffset ?? -1);
    return lowest;
  }
}
