import { type ClientQuotaRecord } from "../../protocol/metadata-records/client-quota.ts";
import {
  quotaEntityKey,
  type ClientQuotasImage,
  type EntityQuotas,
  type QuotaEntityPart,
} from "../image/client-quotas-image.ts";
import { applied, type Changes } from "./changes.ts";

/** The changes of one entity: new value by quota key, null removes it. */
export interface EntityQuotasDelta {
  readonly entity: readonly QuotaEntityPart[];
  readonly changes: Map<string, number | null>;
}

export class ClientQuotasDelta {
  /** By `quotaEntityKey`. */
  readonly changedEntities = new Map<string, EntityQuotasDelta>();
  readonly #image: ClientQuotasImage;

  constructor(image: ClientQuotasImage) {
    this.#image = image;
  }

  replayClientQuota(record: ClientQuotaRecord): void {
    this.#entity(record.entity).changes.set(record.key, record.remove ? null : record.value);
  }

  finishSnapshot(): void {
    for (const { entity, values } of this.#image.entities.values()) {
      const { changes } = this.#entity(entity);
      for (const key of values.keys()) if (!changes.has(key)) changes.set(key, null);
    }
  }

  apply(): ClientQuotasImage {
    const entities: Changes<string, EntityQuotas> = new Map();
    for (const [entityKey, { entity, changes }] of this.changedEntities) {
      const values = new Map(this.#image.entities.get(entityKey)?.values);
      for (const [key, value] of changes) {
        if (value === null) values.delete(key);
        else values.set(key, value);
      }
      entities.set(entityKey, values.size === 0 ? undefined : { entity, values });
    }
    return { entities: applied(this.#image.entities, entities) };
  }

  #entity(entity: readonly QuotaEntityPart[]): EntityQuotasDelta {
    const key = quotaEntityKey(entity);
    let delta = this.changedEntities.get(key);
    if (delta === undefined) this.changedEntities.set(key, (delta = { entity, changes: new Map() }));
    return delta;
  }
}
