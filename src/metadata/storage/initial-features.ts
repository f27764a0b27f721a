import { kraftVersionFeature, metadataVersionFeature } from "../features/feature-names.ts";
import { defaultLevel, featureLevelProblem, featureNamed, features } from "../features/feature-table.ts";
import {
  metadataVersionLevel,
  metadataVersionMax,
  metadataVersionMin,
  metadataVersionName,
  metadataVersionNames,
} from "../features/metadata-version.ts";
import { FormatError } from "./format-error.ts";

export interface FeatureOptions {
  readonly releaseVersion?: string | undefined;
  readonly featureLevels?: ReadonlyMap<string, number> | undefined;
  readonly hasDynamicQuorum: boolean;
}

/**
 * The level of every feature of a new cluster: what was asked for, else the default of the release.
 * @throws FormatError when that does not go together, worded as Kafka does
 */
export function initialFeatureLevels(options: FeatureOptions): Map<string, number> {
  const asked = options.featureLevels ?? new Map<string, number>();
  const metadataVersion = initialMetadataVersion(options.releaseVersion, asked.get(metadataVersionFeature));
  for (const name of asked.keys()) {
    if (name !== metadataVersionFeature && featureNamed(name) === undefined) {
      const supported = features.map((each) => each.name).sort();
      throw new FormatError(`Unsupported feature: ${name}. Supported features are: ${supported.join(", ")}`);
    }
  }
  const levels = new Map([...asked, [metadataVersionFeature, metadataVersion] as const]);
  for (const feature of features) {
    if (feature.name === kraftVersionFeature) {
      levels.set(kraftVersionFeature, initialKRaftVersion(asked.get(kraftVersionFeature), options.hasDynamicQuorum));
    } else if (!levels.has(feature.name)) {
      levels.set(feature.name, defaultLevel(feature, metadataVersion));
    }
  }
  for (const [name, level] of levels) {
    const problem = name === metadataVersionFeature ? undefined : featureLevelProblem(name, level, levels);
    if (problem !== undefined) throw new FormatError(problem);
  }
  return levels;
}

function initialMetadataVersion(releaseVersion: string | undefined, asked: number | undefined): number {
  if (releaseVersion !== undefined && asked !== undefined) {
    throw new FormatError(`Use --release-version instead of --feature ${metadataVersionFeature}=X to avoid ambiguity.`);
  }
  if (asked !== undefined) {
    if (metadataVersionName(asked) !== undefined) return asked;
    throw new FormatError(
      `No MetadataVersion with feature level ${asked}. Valid feature levels are from ${metadataVersionMin} to ${metadataVersionMax}.`,
    );
  }
  if (releaseVersion === undefined) return metadataVersionMax;
  const level = metadataVersionLevel(releaseVersion);
  if (level !== undefined) return level;
  throw new FormatError(
    `Unknown metadata.version '${releaseVersion}'. Supported metadata.version are: ${metadataVersionNames()}`,
  );
}

/** Static quorums stay at 0; dynamic ones need 1. */
function initialKRaftVersion(asked: number | undefined, hasDynamicQuorum: boolean): number {
  if (asked === undefined) return hasDynamicQuorum ? 1 : 0;
  if (asked === 0 && hasDynamicQuorum) {
    throw new FormatError(
      "Cannot set kraft.version to 0 if controller.quorum.voters is empty and one of the flags --standalone, --initial-controllers, or --no-initial-controllers is used. For dynamic controllers support, try removing the --feature flag for kraft.version.",
    );
  }
  if (asked !== 0 && !hasDynamicQuorum) {
    throw new FormatError(
      `Cannot set kraft.version to ${asked} unless controller.quorum.voters is empty and one of the flags --standalone, --initial-controllers, or --no-initial-controllers is used. For dynamic controllers support, try using one of --standalone, --initial-controllers, or --no-initial-controllers and removing controller.quorum.voters.`,
    );
  }
  return asked;
}
