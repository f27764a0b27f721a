import { type ApiName, type ApiRequest, type ApiResponse } from "../../../protocol/apis.ts";
import { Errors } from "../../../protocol/errors.ts";
import { type Draft } from "../../../protocol/schema.ts";
import { throwIfError } from "../kafka-error.ts";
import { type AdminCalls } from "./admin-calls.ts";

export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  readonly isDefault: boolean;
}

/** What configurations belong to. */
export interface ConfigResource {
  /** Kafka's code of its type. */
  readonly code: number;
  readonly name: string;
  /** The broker that answers for it; undefined when any does. */
  readonly brokerId: number | undefined;
}

const topicResource = 2;
const defaultConfigSource = 5;
const setOperation = 0;
const deleteOperation = 1;

/** What an administrator can ask and do about configurations. */
export class ConfigAdmin {
  readonly #calls: AdminCalls;
  readonly #ofControllers: boolean;

  /** @param ofControllers whether controllers are asked, each of which answers for every resource */
  constructor(calls: AdminCalls, ofControllers: boolean) {
    this.#calls = calls;
    this.#ofControllers = ofControllers;
  }

  /** The configurations of topics by name, in the order in which the broker lists them. */
  async ofTopics(names: readonly string[]): Promise<Map<string, ConfigEntry[]>> {
    const { results } = await this.#calls.ask("describeConfigs", "describeConfigs", {
      resources: names.map((name) => ({ resourceType: topicResource, resourceName: name, configurationKeys: null })),
    });
    return new Map(
      results.map(({ errorCode, errorMessage, resourceName, configs }) => {
        throwIfError(errorCode, errorMessage);
        const entries = configs.map(({ name, value, configSource }) => ({
          name,
          value,
          isDefault: configSource === defaultConfigSource,
        }));
        return [resourceName, entries];
      }),
    );
  }

  /** The configurations of a resource, in the order in which the broker lists them. */
  async describe(resource: ConfigResource): Promise<ApiResponse<"describeConfigs">["results"][number]["configs"]> {
    const { results } = await this.#askFor(resource, "describeConfigs", {
      resources: [{ resourceType: resource.code, resourceName: resource.name, configurationKeys: null }],
      includeSynonyms: true,
    });
    throwIfError(results[0]?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR, results[0]?.errorMessage);
    return results[0]?.configs ?? [];
  }

  async alter(resource: ConfigResource, set: ReadonlyMap<string, string>, deleted: readonly string[]): Promise<void> {
    const { responses } = await this.#askFor(resource, "incrementalAlterConfigs", {
      resources: [
        {
          resourceType: resource.code,
          resourceName: resource.name,
          configs: [
            ...deleted.map((name) => ({ name, value: "", configOperation: deleteOperation })),
            ...[...set].map(([name, value]) => ({ name, value, configOperation: setOperation })),
          ],
        },
      ],
    });
    throwIfError(responses[0]?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR, responses[0]?.errorMessage);
  }

  /** The names of the resources of a type that have configurations. */
  async resources(type: number): Promise<string[]> {
    const answer = await this.#calls.ask("listConfigResources", "listConfigResources", { resourceTypes: [type] });
    throwIfError(answer.errorCode);
    return answer.configResources.map(({ resourceName }) => resourceName);
  }

  #askFor<N extends ApiName>(
    { brokerId }: ConfigResource,
    api: N,
    request: Draft<ApiRequest<N>>,
  ): Promise<ApiResponse<N>> {
    if (brokerId === undefined || this.#ofControllers) return this.#calls.ask(api, api, request);
    return this.#calls.askBroker(brokerId, api, api, request);
  }
}
