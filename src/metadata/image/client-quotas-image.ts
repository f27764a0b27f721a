import { PersistentMap } from "../../base/persistent-map.ts";

/** "user", "client-id" or "ip" with its name; null names the default entity of that type. */
export interface QuotaEntityPart {
  readonly entityType: string;
  readonly entityName: string | null;
}

export interface EntityQuotas {
  readonly entity: readonly QuotaEntityPart[];
  readonly values: ReadonlyMap<string, number>;
}

export interface ClientQuotasImage {
  /** By `quotaEntityKey`. */
  readonly entities: PersistentMap<string, EntityQuotas>;
}

export const emptyClientQuotas: ClientQuotasImage = { entities: PersistentMap.empty() };

/** The same for the same set of parts, in whatever order they come. */
export function quotaEntityKey(entity: readonly QuotaEntityPart[]): string {
  return JSON.stringify(
    entity.map((part) => [part.entityType, part.entityName] as const).sort((a, b) => (a[0] < b[0] ? -1 : 1)),
  );
}
