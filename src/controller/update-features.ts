import { kraftVersionFeature, metadataVersionFeature } from "../metadata/features/feature-names.ts";
import { featureLevelProblem, supportedFeatures } from "../metadata/features/feature-table.ts";
import { isMetadataLostByDowngrade } from "../metadata/features/metadata-version.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { Errors } from "../protocol/errors.ts";
import { type Draft } from "../protocol/schema.ts";
import { ApiError, errorFields } from "./api-error.ts";
import { type ControllerView, metadataVersionOf } from "./controller-view.ts";
import { type ControllerResult } from "./result.ts";

type Request = ApiRequest<"updateFeatures">;
type Update = Request["featureUpdates"][number];

const upgradeTypes = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const;

/** Changes finalised feature levels, all or none. */
export function updateFeatures(
  view: ControllerView,
  request: Request,
): ControllerResult<Draft<ApiResponse<"updateFeatures">>> {
  const current = new Map(view.image.features.finalizedLevels).set(
    metadataVersionFeature,
    metadataVersionOf(view.image),
  );
  const proposed = new Map(current);
  for (const { feature, maxVersionLevel } of request.featureUpdates) proposed.set(feature, maxVersionLevel);
  const records: MetadataRecordDraft[] = [];
  for (const update of request.featureUpdates) {
    const problem = updateProblem(view, update, current.get(update.feature) ?? 0, proposed);
    if (problem !== undefined) {
      const message = `The update failed for all features since the following feature had an error: ${problem.message}`;
      return { records: [], response: errorFields(new ApiError(problem.code, message)) };
    }
    const data = { name: update.feature, featureLevel: update.maxVersionLevel };
    records.push({ type: "featureLevel", version: 0, data });
  }
  // The name of the code where a message would be: so does Kafka.
  const results = request.featureUpdates.map(({ feature }) => ({ feature, errorMessage: "NONE" }));
  return { records: request.validateOnly ? [] : records, response: { ...errorFields(undefined), results } };
}

function updateProblem(
  view: ControllerView,
  { feature, maxVersionLevel: level, upgradeType, allowDowngrade }: Update,
  current: number,
  proposed: ReadonlyMap<string, number>,
): ApiError | undefined {
  const invalid = (reason: string) =>
    new ApiError(Errors.INVALID_UPDATE_VERSION, `Invalid update version ${level} for feature ${feature}. ${reason}`);
  // Version 0 of the request knows only whether a downgrade is allowed.
  const kind = allowDowngrade ? upgradeTypes.safeDowngrade : upgradeType;
  if (kind < upgradeTypes.upgrade || kind > upgradeTypes.unsafeDowngrade) {
    return invalid("The controller does not support the given upgrade type.");
  }
  if (level < 0) return invalid("A feature version cannot be less than 0.");
  const unsupported = unsupportedReason(view, feature, level);
  if (unsupported !== undefined) return invalid(unsupported);
  if (level < current && kind === upgradeTypes.upgrade) {
    return invalid(
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    );
  }
  if (level > current && kind !== upgradeTypes.upgrade) return invalid("Can't downgrade to a newer version.");
  if (feature === metadataVersionFeature) return downgradeProblem(current, level, kind);
  const dependency = featureLevelProblem(feature, level, proposed);
  return dependency === undefined ? undefined : invalid(dependency);
}

function downgradeProblem(current: number, level: number, kind: number): ApiError | undefined {
  if (!isMetadataLostByDowngrade(current, level)) return undefined;
  const reason =
    kind === upgradeTypes.unsafeDowngrade
      ? "Unsafe metadata downgrade is not supported in this version."
      : "Refusing to perform the requested downgrade because it might delete metadata information.";
  return new ApiError(
    Errors.INVALID_UPDATE_VERSION,
    `Unsupported metadata.version downgrade from ${current} to ${level}. ${reason}`,
  );
}

/** Every controller and broker has to support the level. */
function unsupportedReason({ settings, image }: ControllerView, feature: string, level: number): string | undefined {
  if (feature === kraftVersionFeature) return "kraft.version cannot be changed yet.";
  const nodes = [
    { what: `Local controller ${settings.nodeId}`, features: supportedFeatures },
    ...[...image.cluster.brokers.values()].map(({ id, features }) => ({ what: `Broker ${id}`, features })),
  ];
  for (const { what, features } of nodes) {
    const range = features.find(({ name }) => name === feature);
    const [min, max] = range === undefined ? [0, 0] : [range.minSupportedVersion, range.maxSupportedVersion];
    if (level >= min && level <= max) continue;
    if (max === 0) return `${what} does not support this feature.`;
    return `${what} only supports versions ${min === max ? min : `${min}-${max}`}`;
  }
  return undefined;
}
