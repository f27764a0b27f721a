import { type BrokerConfig } from "../config/broker-config.ts";
import { brokerKeys } from "../config/broker-keys.ts";
import { formatValue, type ConfigKey } from "../config/config-key.ts";
import { dynamicBrokerConfigProblem } from "../config/dynamic-broker-config.ts";
import { listParts } from "../config/list-parts.ts";
import { configResourceTypes } from "../metadata/image/configs-image.ts";
import { Errors } from "../protocol/errors.ts";
import { brokerLayers } from "./broker-layers.ts";
import { type ConfigFailure } from "./config-failure.ts";
import { type MetadataCache } from "./metadata-cache.ts";

/**
 * What a broker checks of a request that alters configurations before the controller gets the rest: that the request makes
 * sense, and that changes of brokers are such as this broker can make while it runs.
 */
export interface AlterConfigsDeps {
  readonly cache: MetadataCache;
  readonly config: BrokerConfig;
}

/** A resource of either form of the request. */
export interface AlteredResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export const alterOperations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export interface ConfigChange {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

/** Resources that the request names more than once: each mention fails. */
export function repeatedResources<R extends AlteredResource>(resources: readonly R[]): Map<R, ConfigFailure> {
  const firsts = new Map<string, R>();
  const repeated = new Map<R, ConfigFailure>();
  for (const resource of resources) {
    const key = resourceKey(resource);
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, resource);
      continue;
    }
    const failure = invalidRequest("Each resource must appear at most once.");
    repeated.set(first, failure);
    repeated.set(resource, failure);
  }
  return repeated;
}

export function resourceKey(resource: Pick<AlteredResource, "resourceType" | "resourceName">): string {
  return `${resource.resourceType}:${resource.resourceName}`;
}

/** `isNullAllowed`: a deletion needs no value. */
export function malformedResource(
  { configs }: AlteredResource,
  isNullAllowed: (index: number) => boolean,
): ConfigFailure | undefined {
  if (new Set(configs.map(({ name }) => name)).size < configs.length) {
    return invalidRequest("Error due to duplicate config keys");
  }
  const nulls = configs.filter(({ value }, index) => value === null && !isNullAllowed(index));
  if (nulls.length === 0) return undefined;
  return invalidRequest(`Null value not supported for : ${nulls.map(({ name }) => name).join(", ")}`);
}

export function unknownType(resourceType: number): ConfigFailure {
  return invalidRequest(`Unknown resource type ${resourceType}`);
}

/** Whether the controller alone decides about it. */
export function isControllersType(resourceType: number): boolean {
  const { topic, clientMetrics, group } = configResourceTypes;
  return resourceType === topic || resourceType === clientMetrics || resourceType === group;
}

/** The resource must be this broker, or all brokers (an empty name), and able to take all that it would have. */
export function brokerFailure(
  deps: AlterConfigsDeps,
  resourceName: string,
  values: ReadonlyMap<string, string>,
): ConfigFailure | undefined {
  const problem = dynamicBrokerConfigProblem(values, resourceName !== "", brokerLayers(deps.cache.image, deps.config));
  return problem === undefined ? undefined : invalidRequest(problem);
}

export function otherBroker(deps: AlterConfigsDeps, resourceName: string): ConfigFailure | undefined {
  if (resourceName === "") return undefined;
  if (!/^[+-]?\d+$/.test(resourceName)) return invalidRequest(`Node id must be an integer, but it is: ${resourceName}`);
  const { nodeId } = deps.config;
  if (Number(resourceName) === nodeId) return undefined;
  return invalidRequest(`Unexpected broker id, expected ${nodeId}, but received ${resourceName}`);
}

/** What the broker resource would have after the changes. */
export function changedBrokerConfig(
  before: ReadonlyMap<string, string>,
  changes: readonly ConfigChange[],
): ReadonlyMap<string, string> | ConfigFailure {
  const values = new Map(before);
  const odd = changes.find(({ configOperation: operation }) => operation < 0 || operation > alterOperations.subtract);
  if (odd !== undefined) return invalidRequest(`Unknown operations type ${odd.configOperation}`);
  for (const { name, configOperation, value } of changes) {
    if (configOperation === alterOperations.delete) {
      values.delete(name);
      continue;
    }
    const text = value ?? "";
    if (configOperation === alterOperations.set) {
      values.set(name, text);
      continue;
    }
    const isAppend = configOperation === alterOperations.append;
    const definition: ConfigKey | undefined = Object.hasOwn(brokerKeys, name)
      ? brokerKeys[name as keyof typeof brokerKeys]
      : undefined;
    if (definition === undefined) return invalidConfig(`Unknown config name: ${name}`);
    if (definition.type !== "LIST") {
      return invalidConfig(`Config value ${isAppend ? "append" : "subtract"} is not allowed for config key: ${name}`);
    }
    const initial = definition.default === null ? "" : formatValue(definition.default, "LIST");
    const list = splitList(values.get(name) ?? initial);
    const given = listParts(text);
    const next = isAppend
      ? [...list, ...given.filter((entry) => !list.includes(entry))]
      : list.filter((entry) => !given.includes(entry));
    values.set(name, next.join(","));
  }
  return values;
}

function splitList(text: string): string[] {
  return text === "" ? [] : text.split(",");
}

function invalidRequest(errorMessage: string): ConfigFailure {
  return { errorCode: Errors.INVALID_REQUEST, errorMessage };
}

function invalidConfig(errorMessage: string): ConfigFailure {
  return { errorCode: Errors.INVALID_CONFIG, errorMessage };
}
