import { brokerKeys } from "../config/broker-keys.ts";
import { type ConfigKey, formatValue } from "../config/config-key.ts";
import { groupKeys } from "../config/group-keys.ts";
import { listParts } from "../config/list-parts.ts";
import { topicKeys } from "../config/topic-keys.ts";
import { metadataVersionWith } from "../metadata/features/metadata-version.ts";
import { configResourceTypes, configsOf } from "../metadata/image/configs-image.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { Errors } from "../protocol/errors.ts";
import { ApiError } from "./api-error.ts";
import { type ConfigResource, configsProblem } from "./config-validation.ts";
import { type ControllerView, hasEligibleLeaderReplicas, metadataVersionOf } from "./controller-view.ts";

/** What is to happen to one key; lists can grow and shrink by some of their items. */
export interface ConfigOperation {
  readonly kind: "set" | "delete" | "append" | "subtract";
  readonly value: string;
}

const valueLengthMax = 32767;
const minIsrKey = "min.insync.replicas";
const cordonedLogDirsKey = "cordoned.log.dirs";

/** The records that change some keys of a resource, or why they cannot be changed. */
export function alterResource(
  view: ControllerView,
  resource: ConfigResource,
  operations: ReadonlyMap<string, ConfigOperation>,
): MetadataRecordDraft[] | ApiError {
  const current = configsOf(view.image.configs, resource.type, resource.name);
  const changes = new Map<string, string | null>();
  for (const [name, operation] of operations) {
    const value = valueAfter(resource.type, name, current.get(name) ?? null, operation);
    if (value instanceof ApiError) return value;
    if (isWorthARecord(resource, current.get(name) ?? null, value)) changes.set(name, value);
  }
  return checkedRecords(view, resource, current, changes);
}

/** The records that replace all overrides of a resource, or why they cannot be replaced. */
export function replaceResource(
  view: ControllerView,
  resource: ConfigResource,
  overrides: ReadonlyMap<string, string | null>,
): MetadataRecordDraft[] | ApiError {
  const current = configsOf(view.image.configs, resource.type, resource.name);
  const changes = new Map<string, string | null>();
  for (const [name, value] of overrides) {
    if (isWorthARecord(resource, current.get(name) ?? null, value)) changes.set(name, value);
  }
  for (const name of current.keys()) if (!overrides.has(name)) changes.set(name, null);
  return checkedRecords(view, resource, current, changes);
}

/** A broker's key is written even when it stays the same: brokers reload files that it names. */
function isWorthARecord({ type }: ConfigResource, before: string | null, after: string | null): boolean {
  return before !== after || type === configResourceTypes.broker;
}

function valueAfter(
  resourceType: number,
  name: string,
  current: string | null,
  { kind, value }: ConfigOperation,
): string | null | ApiError {
  if (kind === "set") return value;
  if (kind === "delete") return null;
  const key = keyOf(resourceType, name);
  if (key?.type !== "LIST") {
    return new ApiError(
      Errors.INVALID_CONFIG,
      `Can't ${kind.toUpperCase()} to key ${name} because its type is not LIST.`,
    );
  }
  const text = current ?? (key.default === null ? "" : formatValue(key.default, key.type));
  const items = text.split(",").filter((item) => item !== "");
  for (const item of listParts(value)) {
    const index = items.indexOf(item);
    if (kind === "append" && index < 0) items.push(item);
    if (kind === "subtract" && index >= 0) items.splice(index, 1);
  }
  return items.join(",");
}

function keyOf(resourceType: number, name: string): ConfigKey | undefined {
  const keys: Readonly<Record<string, ConfigKey>> =
    resourceType === configResourceTypes.topic
      ? topicKeys
      : resourceType === configResourceTypes.broker
        ? brokerKeys
        : resourceType === configResourceTypes.group
          ? groupKeys
          : {};
  return Object.hasOwn(keys, name) ? keys[name] : undefined;
}

function checkedRecords(
  view: ControllerView,
  resource: ConfigResource,
  current: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, string | null>,
): MetadataRecordDraft[] | ApiError {
  const overrides = new Map(current);
  const records: MetadataRecordDraft[] = [];
  for (const [name, value] of changes) {
    const problem = changeProblem(view, resource, name, value);
    if (problem !== undefined) return problem;
    if (value === null) overrides.delete(name);
    else overrides.set(name, value);
    const data = { resourceType: resource.type, resourceName: resource.name, name, value };
    records.push({ type: "config", version: 0, data });
  }
  const problem = configsProblem(view, resource, overrides);
  if (problem !== undefined) return problem;
  return [...records, ...clearElrRecords(view, resource, changes)];
}

function changeProblem(
  { image }: ControllerView,
  { type, name: resourceName }: ConfigResource,
  name: string,
  value: string | null,
): ApiError | undefined {
  const invalid = (message: string) => new ApiError(Errors.INVALID_CONFIG, message);
  const isBrokers = type === configResourceTypes.broker;
  if (isBrokers && name === minIsrKey && hasEligibleLeaderReplicas(image)) {
    // Whether a replica is eligible depends on one value that all brokers share.
    if (resourceName !== "") return invalid(`Broker-level ${minIsrKey} cannot be altered while ELR is enabled.`);
    if (value === null) return invalid(`Cluster-level ${minIsrKey} cannot be removed while ELR is enabled.`);
  }
  if (isBrokers && name === cordonedLogDirsKey && metadataVersionOf(image) < metadataVersionWith.cordonedLogDirs) {
    return invalid(
      `The ${cordonedLogDirsKey} configuration value cannot be set because it requires metadata.version >= 4.3-IV0`,
    );
  }
  if (value !== null && value.length > valueLengthMax) {
    return invalid(
      `The configuration value cannot be added because it exceeds the maximum value size of ${valueLengthMax} bytes.`,
    );
  }
  return undefined;
}

/** Another min.insync.replicas makes the eligible leader replicas, which were chosen by the old one, void. */
function clearElrRecords(
  { image }: ControllerView,
  { type, name }: ConfigResource,
  changes: ReadonlyMap<string, string | null>,
): MetadataRecordDraft[] {
  if (!changes.has(minIsrKey) || !hasEligibleLeaderReplicas(image)) return [];
  const topicName = type === configResourceTypes.topic ? name : "";
  return [{ type: "clearElr", version: 0, data: { topicName } }];
}
