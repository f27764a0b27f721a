import { topicNameProblem } from "../../base/topic-name.ts";
import { type BrokerConfig } from "../../config/broker-config.ts";
import {
  ConfigSource,
  describeBroker,
  describeGroup,
  describeTopic,
  type BrokerLayers,
  type ConfigEntry,
} from "../../config/describe.ts";
import { mapInParts, overTurns } from "../../io/next-turn.ts";
import { type Timers } from "../../io/ports.ts";
import { configResourceTypes, configsOf } from "../../metadata/image/configs-image.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { brokerLayers } from "../broker-layers.ts";
import { type BrokerLoggers } from "../broker-loggers.ts";
import { describeClientMetrics } from "../describe-client-metrics.ts";
import { type Handler } from "../handler.ts";
import { type MetadataCache } from "../metadata-cache.ts";

export interface DescribeConfigsDeps {
  readonly cache: MetadataCache;
  readonly config: BrokerConfig;
  readonly loggers: BrokerLoggers;
  readonly timers: Timers;
}

/** So many resources are described in a turn of the event loop. */
const resourcesOfTurn = 100;

type Request = ApiRequest<"describeConfigs">;
type Resource = Request["resources"][number];
type Result = NonNullable<Draft<ApiResponse<"describeConfigs">>["results"]>[number];
type Entry = NonNullable<Result["configs"]>[number];

const malformedRequest =
  "This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.";

type Described =
  | { readonly entries: readonly ConfigEntry[] }
  | { readonly errorCode: ErrorCode; readonly errorMessage?: string };

/**
 * The effective configuration of topics, this broker, all brokers, groups, client metrics subscriptions, and the levels of
 * this broker's loggers; each value with its source and, when asked, every place that could give it.
 *
 * - Sensitive values are null. No keys named (null or none) means all of the resource.
 * - A broker answers for itself only, and with an empty name for what all brokers were told.
 * - An unknown type of resource fails the whole request with INVALID_REQUEST.
 * - Documentation of keys is not given.
 */
export function describeConfigsHandler(deps: DescribeConfigsDeps): Handler<"describeConfigs"> {
  return {
    api: "describeConfigs",
    handle(request) {
      if (!request.resources.every(({ resourceType }) => isKnownType(resourceType))) return invalidType(request);
      return overTurns(describeAll(deps, request), deps.timers);
    },
  };
}

function* describeAll(deps: DescribeConfigsDeps, request: Request): Generator<void, { results: Result[] }> {
  const { image } = deps.cache;
  const layers = brokerLayers(image, deps.config);
  const described: Describing = { deps, image, layers, topic: sharedTopicEntries(layers) };
  const answers = new Map<readonly ConfigEntry[], readonly Entry[]>();
  const results = yield* mapInParts(request.resources, resourcesOfTurn, (resource): Result => {
    const { resourceType, resourceName } = resource;
    const found = describe(resource, described);
    if ("errorCode" in found) return { resourceType, resourceName, ...found };
    let configs = answers.get(found.entries);
    if (configs === undefined) {
      const documentation = resourceType === configResourceTypes.brokerLogger ? "" : null;
      configs = found.entries.map((entry) => answerOf(entry, request.includeSynonyms, documentation));
      answers.set(found.entries, configs);
    }
    return { resourceType, resourceName, configs };
  });
  return { results };
}

/** What all resources of a request are described by. */
interface Describing {
  readonly deps: DescribeConfigsDeps;
  readonly image: MetadataImage;
  readonly layers: BrokerLayers;
  readonly topic: (overrides: ReadonlyMap<string, string>, keys: readonly string[] | null) => readonly ConfigEntry[];
}

/** Topics that were told the same share their entries, which are made, and encoded, once: most were told nothing. */
function sharedTopicEntries(layers: BrokerLayers): Describing["topic"] {
  const known = new Map<string, readonly ConfigEntry[]>();
  return (overrides, keys) => {
    const asked = JSON.stringify([[...overrides], keys]);
    let entries = known.get(asked);
    if (entries === undefined) known.set(asked, (entries = describeTopic(overrides, layers, keys)));
    return entries;
  };
}

function isKnownType(type: number): boolean {
  return type !== configResourceTypes.unknown && Object.values<number>(configResourceTypes).includes(type);
}

function invalidType(request: Request): Draft<ApiResponse<"describeConfigs">> {
  const errorMessage = malformedRequest;
  const errorCode = Errors.INVALID_REQUEST;
  return {
    results: request.resources.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      errorCode,
      errorMessage,
    })),
  };
}

function invalid(errorMessage: string): Described {
  return { errorCode: Errors.INVALID_REQUEST, errorMessage };
}

function describe(resource: Resource, { deps, image, layers, topic }: Describing): Described {
  const { resourceType, resourceName: name } = resource;
  const wanted = resource.configurationKeys;
  const keys = wanted === null || wanted.length === 0 ? null : wanted;
  const overrides = () => configsOf(image.configs, resourceType, name);
  switch (resourceType) {
    case configResourceTypes.topic: {
      const problem = topicNameProblem(name);
      if (problem !== undefined) return { errorCode: Errors.INVALID_TOPIC_EXCEPTION, errorMessage: problem };
      if (!image.topics.byName.has(name)) return { errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION };
      return { entries: topic(overrides(), keys) };
    }
    case configResourceTypes.broker:
      return brokerEntries(name, keys, deps, layers);
    case configResourceTypes.brokerLogger:
      return loggerEntries(name, keys, deps);
    case configResourceTypes.clientMetrics:
      if (name === "") return invalid("Client metrics subscription name must not be empty");
      return { entries: describeClientMetrics(overrides(), keys) };
    default:
      return name === ""
        ? invalid("Group name must not be empty")
        : { entries: describeGroup(overrides(), layers, keys) };
  }
}

function brokerEntries(
  name: string,
  keys: readonly string[] | null,
  { config }: DescribeConfigsDeps,
  layers: BrokerLayers,
): Described {
  if (name === "") return { entries: defaultsOfAllBrokers(keys, layers) };
  const id = brokerIdOf(name);
  if (id === undefined) return invalid(`Broker id must be an integer, but it is: ${name}`);
  if (id !== config.nodeId) {
    return invalid(`Unexpected broker id, expected ${config.nodeId} or empty string, but received ${name}`);
  }
  return { entries: describeBroker(layers, keys) };
}

/** What was altered for all brokers, and nothing else. */
function defaultsOfAllBrokers(keys: readonly string[] | null, layers: BrokerLayers): ConfigEntry[] {
  const names = [...layers.dynamicDefault.keys()].filter((name) => keys === null || keys.includes(name));
  return describeBroker(layers, names).map((entry) => {
    const synonyms = entry.synonyms.filter(({ source }) => source === ConfigSource.DYNAMIC_DEFAULT_BROKER);
    const value = entry.isSensitive ? null : (layers.dynamicDefault.get(entry.name) ?? null);
    return { ...entry, value, synonyms, source: synonyms[0]?.source ?? ConfigSource.DEFAULT };
  });
}

function loggerEntries(name: string, keys: readonly string[] | null, deps: DescribeConfigsDeps): Described {
  if (name === "") return invalid("Broker id must not be empty");
  const id = brokerIdOf(name);
  if (id === undefined) return invalid(`Broker id must be an integer, but it is: ${name}`);
  const { nodeId } = deps.config;
  if (id !== nodeId) return invalid(`Unexpected broker id, expected ${nodeId} but received ${name}`);
  const levels = [...deps.loggers.levels()].filter(([logger]) => keys === null || keys.includes(logger));
  return {
    entries: levels.map(([logger, level]) => ({
      name: logger,
      value: level,
      source: ConfigSource.DYNAMIC_BROKER_LOGGER,
      readOnly: false,
      isSensitive: false,
      configType: 0,
      synonyms: [],
    })),
  };
}

/** undefined when the name is no int32. */
function brokerIdOf(name: string): number | undefined {
  if (!/^[+-]?\d+$/.test(name)) return undefined;
  const id = Number(name);
  return (id | 0) === id ? id : undefined;
}

function answerOf(entry: ConfigEntry, includeSynonyms: boolean, documentation: string | null): Entry {
  const { name, value, readOnly, source, isSensitive, configType, synonyms } = entry;
  return {
    name,
    value,
    readOnly,
    configSource: source,
    isSensitive,
    configType,
    synonyms: includeSynonyms ? synonyms : [],
    documentation,
  };
}
