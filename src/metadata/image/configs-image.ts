import { PersistentMap } from "../../base/persistent-map.ts";

/** Kafka's ids of the resources that can carry configuration. */
export const configResourceTypes = {
  unknown: 0,
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const;

export interface ConfigsImage {
  /** By `configResourceKey`; a resource without overrides has no entry. */
  readonly resources: PersistentMap<string, ResourceConfigs>;
}

export interface ResourceConfigs {
  readonly type: number;
  /** "" is the default of all brokers. */
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

export const emptyConfigs: ConfigsImage = { resources: PersistentMap.empty() };

export function configResourceKey(type: number, name: string): string {
  return `${type}:${name}`;
}

const noOverrides: ReadonlyMap<string, string> = new Map();

/** The overrides of one resource, none when it has none. */
export function configsOf(image: ConfigsImage, type: number, name: string): ReadonlyMap<string, string> {
  return image.resources.get(configResourceKey(type, name))?.values ?? noOverrides;
}
