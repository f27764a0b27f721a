import { apis, type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type ServedApi, type HandlerTable } from "../handler-table.ts";
import { type Handler } from "../handler.ts";

export interface FeatureRange {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

export interface FinalizedFeatures {
  /** Offset of the metadata that they are from; -1 when unknown. */
  readonly epoch: number;
  readonly levels: ReadonlyMap<string, number>;
}

export interface ApiVersionsDeps {
  /** The table that this handler is in itself, hence a function. */
  readonly table: () => HandlerTable;
  readonly supportedFeatures: readonly FeatureRange[];
  readonly finalizedFeatures: () => FinalizedFeatures;
}

/** KIP-511's form of a software name or version. */
const softwarePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/**
 * Tells which versions of which APIs this listener serves.
 *
 * - v3: the client names its software, INVALID_REQUEST when the name is not of KIP-511's form; features are told.
 * - before v4, features whose lowest level is 0 are left out: older clients cannot read them (KAFKA-17492).
 * - A version that does not exist never comes here: the router answers it.
 */
export function apiVersionsHandler(deps: ApiVersionsDeps): Handler<"apiVersions"> {
  return {
    api: "apiVersions",
    handle(request, { apiVersion, connection }): Draft<ApiResponse<"apiVersions">> {
      const { clientSoftwareName: name, clientSoftwareVersion: version } = request;
      if (apiVersion >= 3) {
        if (!softwarePattern.test(name) || !softwarePattern.test(version)) return { errorCode: Errors.INVALID_REQUEST };
        connection.clientSoftwareName = name;
        connection.clientSoftwareVersion = version;
      }
      const { epoch, levels } = deps.finalizedFeatures();
      return {
        errorCode: Errors.NONE,
        apiKeys: deps.table().servedOn(connection.scope).map(versionsOf),
        supportedFeatures: deps.supportedFeatures.filter((feature) => apiVersion >= 4 || feature.minVersion > 0),
        finalizedFeaturesEpoch: epoch,
        finalizedFeatures: [...levels]
          .filter(([, level]) => level > 0)
          .map(([name, level]) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
      };
    },
  };
}

function versionsOf({ api, versions }: ServedApi) {
  // librdkafka takes a broker without Produce v0 for one that cannot compress, so Kafka says 0 while it serves none below 3.
  const minVersion = api.key === apis.produce.key ? 0 : versions.from;
  return { apiKey: api.key, minVersion, maxVersion: versions.to };
}
