import { configResourceKey, configResourceTypes } from "../metadata/image/configs-image.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { Errors } from "../protocol/errors.ts";
import { type Draft } from "../protocol/schema.ts";
import { alterResource, type ConfigOperation, replaceResource } from "./alter-configs.ts";
import { ApiError, errorFields } from "./api-error.ts";
import { type ConfigResource } from "./config-validation.ts";
import { type ControllerView } from "./controller-view.ts";
import { repeatedNames } from "./create-topics.ts";
import { type Deciding, itemsOfTurn, recordsPerOperationMax, tooManyRecordsMessage } from "./result.ts";

type Request = ApiRequest<"alterConfigs"> | ApiRequest<"incrementalAlterConfigs">;
type Resource<R extends Request> = R["resources"][number];
type Response = Draft<ApiResponse<"alterConfigs">> & Draft<ApiResponse<"incrementalAlterConfigs">>;
type Result = NonNullable<Response["responses"]>[number];

const knownTypes: ReadonlySet<number> = new Set(Object.values(configResourceTypes).filter((type) => type !== 0));
const operationKinds: readonly ConfigOperation["kind"][] = ["set", "delete", "append", "subtract"];

/** Legacy form: what is given replaces all overrides of the resource. */
export function legacyAlterConfigs(view: ControllerView, request: ApiRequest<"alterConfigs">): Deciding<Response> {
  return alterEach<ApiRequest<"alterConfigs">>(request, (resource, configs) =>
    replaceResource(view, resource, new Map(configs.map(({ name, value }) => [name, value]))),
  );
}

export function incrementalAlterConfigs(
  view: ControllerView,
  request: ApiRequest<"incrementalAlterConfigs">,
): Deciding<Response> {
  return alterEach<ApiRequest<"incrementalAlterConfigs">>(request, (resource, configs) => {
    const operations = new Map<string, ConfigOperation>();
    for (const { name, configOperation, value } of configs) {
      const kind = operationKinds[configOperation];
      if (kind === undefined) {
        return new ApiError(Errors.INVALID_REQUEST, `Unknown operations type ${configOperation}`);
      }
      operations.set(name, { kind, value: value ?? "" });
    }
    return alterResource(view, resource, operations);
  });
}

/** Each resource succeeds or fails by itself; all that succeed are written as one batch. */
function* alterEach<R extends Request>(
  request: R,
  alter: (resource: ConfigResource, configs: Resource<R>["configs"]) => MetadataRecordDraft[] | ApiError,
): Deciding<Response> {
  const keyOf = (resource: Resource<R>) => configResourceKey(resource.resourceType, resource.resourceName);
  const resources: readonly Resource<R>[] = request.resources;
  const repeated = repeatedNames(resources.map(keyOf));
  const records: MetadataRecordDraft[] = [];
  const responses: Result[] = [];
  for (const [index, resource] of resources.entries()) {
    if (index % itemsOfTurn === itemsOfTurn - 1) yield;
    const { resourceType, resourceName } = resource;
    const altered =
      resourceProblem(resource, repeated.has(keyOf(resource))) ??
      alter({ type: resourceType, name: resourceName, isNew: false }, resource.configs);
    if (!(altered instanceof ApiError)) records.push(...altered);
    const error = altered instanceof ApiError ? altered : undefined;
    responses.push({ resourceType, resourceName, ...errorFields(error) });
  }
  if (records.length > recordsPerOperationMax) {
    const error = { errorCode: Errors.POLICY_VIOLATION, errorMessage: tooManyRecordsMessage };
    return { records: [], response: { responses: responses.map((response) => ({ ...response, ...error })) } };
  }
  return { records: request.validateOnly ? [] : records, response: { responses } };
}

/** What Kafka's brokers check before they forward the request. */
function resourceProblem(resource: Resource<Request>, isRepeated: boolean): ApiError | undefined {
  const invalid = (message: string) => new ApiError(Errors.INVALID_REQUEST, message);
  if (isRepeated) return invalid("Each resource must appear at most once.");
  if (repeatedNames(resource.configs.map(({ name }) => name)).size > 0) {
    return invalid("Error due to duplicate config keys");
  }
  const nulls = resource.configs.filter(
    (config) => config.value === null && !("configOperation" in config && config.configOperation === 1),
  );
  if (nulls.length > 0) {
    return invalid(`Null value not supported for : ${nulls.map(({ name }) => name).join(", ")}`);
  }
  return knownTypes.has(resource.resourceType) ? undefined : invalid(`Unknown resource type ${resource.resourceType}`);
}
