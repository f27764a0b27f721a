export interface ListenerQuota {
  /** `listener.name.<listener>.max.connections` */
  readonly connectionsMax: number;
  /** `listener.name.<listener>.max.connection.creation.rate`, connections a second */
  readonly creationRateMax: number;
}

export interface ConnectionQuotaOptions {
  /** `max.connections` */
  readonly connectionsMax: number;
  /** `max.connections.per.ip` */
  readonly connectionsPerIpMax: number;
  /** `max.connections.per.ip.overrides`, by address */
  readonly perIpOverrides: ReadonlyMap<string, number>;
  /** `max.connection.creation.rate`, connections a second */
  readonly creationRateMax: number;
  /** Limits of single listeners, by name; those not here have none of their own. */
  readonly listeners: ReadonlyMap<string, ListenerQuota>;
  /** The listener of the brokers among themselves when it has others beside it: node-wide limits do not hold there. */
  readonly protectedListener?: string | undefined;
}

/** Kafka's defaults: no limit at all. */
export const unlimitedQuotas: ConnectionQuotaOptions = {
  connectionsMax: Number.POSITIVE_INFINITY,
  connectionsPerIpMax: Number.POSITIVE_INFINITY,
  perIpOverrides: new Map(),
  creationRateMax: Number.POSITIVE_INFINITY,
  listeners: new Map(),
};

export type ConnectionVerdict =
  | { readonly kind: "accepted" }
  /** This address has all connections it may have. */
  | { readonly kind: "refused"; readonly connectionsPerIpMax: number }
  /** No slot is free: ask again when a connection closes. */
  | { readonly kind: "full" }
  /** Too many came lately: ask again then. */
  | { readonly kind: "tooFast"; readonly retryAtMs: number };

const accepted: ConnectionVerdict = { kind: "accepted" };
const full: ConnectionVerdict = { kind: "full" };

/** Counts the connections of a node and says whether one more may be served. Times are monotonic. */
export class ConnectionQuotas {
  #options: ConnectionQuotaOptions;
  readonly #byAddress = new Map<string, number>();
  readonly #byListener = new Map<string, number>();
  #rate: CreationRate;
  #listenerRates: ReadonlyMap<string, CreationRate>;
  #total = 0;

  constructor(options: ConnectionQuotaOptions) {
    this.#options = options;
    this.#rate = new CreationRate(options.creationRateMax);
    this.#listenerRates = ratesOfListeners(options);
  }

  /** Other limits from now on; what is open stays open. */
  update(options: ConnectionQuotaOptions): void {
    this.#options = options;
    this.#rate = new CreationRate(options.creationRateMax);
    this.#listenerRates = ratesOfListeners(options);
  }

  /** Takes a slot when the verdict is "accepted"; `release` gives it back. */
  tryAccept(listener: string, address: string, nowMs: number): ConnectionVerdict {
    if (!this.#hasSlot(listener)) return full;
    const rates = [this.#isProtected(listener) ? undefined : this.#rate, this.#listenerRates.get(listener)];
    const retryAtMs = Math.max(...rates.map((rate) => rate?.nextMs(nowMs) ?? nowMs));
    if (retryAtMs > nowMs) return { kind: "tooFast", retryAtMs };
    for (const rate of rates) rate?.record(nowMs);
    const count = this.#byAddress.get(address) ?? 0;
    const connectionsPerIpMax = this.#options.perIpOverrides.get(address) ?? this.#options.connectionsPerIpMax;
    if (count >= connectionsPerIpMax) return { kind: "refused", connectionsPerIpMax };
    this.#byAddress.set(address, count + 1);
    this.#byListener.set(listener, this.#listenerCount(listener) + 1);
    this.#total += 1;
    return accepted;
  }

  release(listener: string, address: string): void {
    const count = (this.#byAddress.get(address) ?? 0) - 1;
    if (count > 0) this.#byAddress.set(address, count);
    else this.#byAddress.delete(address);
    this.#byListener.set(listener, this.#listenerCount(listener) - 1);
    this.#total -= 1;
  }

  /** The protected listener took a slot beyond the node's limit: a connection of another one must go. */
  isExceeded(): boolean {
    return this.#total > this.#options.connectionsMax;
  }

  #hasSlot(listener: string): boolean {
    const { connectionsMax, listeners } = this.#options;
    if (this.#listenerCount(listener) >= (listeners.get(listener)?.connectionsMax ?? Number.POSITIVE_INFINITY)) {
      return false;
    }
    return this.#isProtected(listener) || this.#total < connectionsMax;
  }

  #isProtected(listener: string): boolean {
    return this.#options.protectedListener === listener;
  }

  #listenerCount(listener: string): number {
    return this.#byListener.get(listener) ?? 0;
  }
}

function ratesOfListeners({ listeners }: ConnectionQuotaOptions): ReadonlyMap<string, CreationRate> {
  return new Map([...listeners].map(([name, { creationRateMax }]) => [name, new CreationRate(creationRateMax)]));
}

/** At most `perSecond` connections a second, with bursts of what one second allows. */
class CreationRate {
  readonly #intervalMs: number;
  /** When the connections so far will have used up their share of time. */
  #busyUntilMs = 0;

  constructor(perSecond: number) {
    // A rate of 0 lets one through a second, as Kafka's longest delay does.
    this.#intervalMs = 1000 / Math.max(1, perSecond);
  }

  /** When one more may come: now or later. */
  nextMs(nowMs: number): number {
    return Math.max(nowMs, this.#busyUntilMs + this.#intervalMs - 1000);
  }

  record(nowMs: number): void {
    this.#busyUntilMs = Math.max(nowMs, this.#busyUntilMs) + this.#intervalMs;
  }
}
