import { type ConfigRecord } from "../../protocol/metadata-records/config.ts";
import {
  configResourceKey,
  configResourceTypes,
  configsOf,
  type ConfigsImage,
  type ResourceConfigs,
} from "../image/configs-image.ts";
import { applied, type Changes, changesOfPart, partsOf } from "./changes.ts";

/** The changes of one resource. */
export interface ResourceConfigsDelta {
  readonly type: number;
  readonly name: string;
  /** New value by key; null goes back to the default. */
  readonly changes: Map<string, string | null>;
}

export class ConfigsDelta {
  /** By `configResourceKey`. */
  readonly changedResources = new Map<string, ResourceConfigsDelta>();
  readonly #image: ConfigsImage;

  constructor(image: ConfigsImage) {
    this.#image = image;
  }

  replayConfig(record: ConfigRecord): void {
    this.#resource(record.resourceType, record.resourceName).changes.set(record.name, record.value);
  }

  /** A topic's overrides go with it. */
  replayRemoveTopic(topicName: string): void {
    const type = configResourceTypes.topic;
    if (this.#image.resources.has(configResourceKey(type, topicName))) {
      this.#removeAllBut(this.#resource(type, topicName), new Map());
    }
    const pending = this.changedResources.get(configResourceKey(type, topicName));
    for (const key of pending?.changes.keys() ?? []) pending?.changes.set(key, null);
  }

  finishSnapshot(): void {
    for (const { type, name } of this.#image.resources.values()) {
      const resource = this.#resource(type, name);
      this.#removeAllBut(resource, resource.changes);
    }
  }

  /** The image with the changes; thousands of them are put in in parts. */
  *applying(): Generator<void, ConfigsImage> {
    let { resources } = this.#image;
    for (const part of partsOf(this.changedResources, changesOfPart)) {
      const changed: Changes<string, ResourceConfigs> = new Map();
      for (const [key, { type, name, changes }] of part) {
        const values = new Map(configsOf(this.#image, type, name));
        for (const [configName, value] of changes) {
          if (value === null) values.delete(configName);
          else values.set(configName, value);
        }
        changed.set(key, values.size === 0 ? undefined : { type, name, values });
      }
      resources = applied(resources, changed);
      yield;
    }
    return { resources };
  }

  #resource(type: number, name: string): ResourceConfigsDelta {
    const key = configResourceKey(type, name);
    let resource = this.changedResources.get(key);
    if (resource === undefined) this.changedResources.set(key, (resource = { type, name, changes: new Map() }));
    return resource;
  }

  #removeAllBut(resource: ResourceConfigsDelta, kept: ReadonlyMap<string, unknown>): void {
    for (const configName of configsOf(this.#image, resource.type, resource.name).keys()) {
      if (!kept.has(configName)) resource.changes.set(configName, null);
    }
  }
}
