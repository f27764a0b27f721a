import { metadataVersionFeature } from "../features/feature-names.ts";
import { defaultLevel, featureNamed, features } from "../features/feature-table.ts";
import {
  metadataVersionLevel,
  metadataVersionMax,
  metadataVersionName,
  metadataVersionNames,
} from "../features/metadata-version.ts";
import { FormatError } from "./format-error.ts";

/**
 * The lines of `kafka-storage.sh version-mapping`: the level of each feature in a cluster of this release.
 * @throws FormatError when the release is unknown
 */
export function versionMapping(releaseVersion: string | undefined): string[] {
  const release = releaseVersion ?? metadataVersionName(metadataVersionMax) ?? "";
  const level = metadataVersionLevel(release);
  if (level === undefined) {
    throw new FormatError(
      `Unknown metadata.version '${release}'. Supported metadata.version are: ${metadataVersionNames()}`,
    );
  }
  return [
    `${metadataVersionFeature}=${level} (${release})`,
    ...features.map((feature) => `${feature.name}=${defaultLevel(feature, level)}`),
  ];
}

/**
 * The lines of `kafka-storage.sh feature-dependencies`, for `name=level` each.
 * @throws FormatError for an unknown feature or level
 */
export function featureDependencies(asked: readonly string[]): string[] {
  return asked.flatMap(dependenciesOf);
}

function dependenciesOf(text: string): string[] {
  const equals = text.indexOf("=");
  if (equals < 0) {
    throw new FormatError(
      `Invalid feature format: ${text}. Expected format: 'feature=version' (e.g. 'group.version=1')`,
    );
  }
  const name = text.slice(0, equals).trim();
  const levelText = text.slice(equals + 1).trim();
  if (!/^[+-]?\d{1,5}$/.test(levelText)) {
    throw new FormatError(`Invalid version format: ${levelText} for feature ${name}`);
  }
  const level = Number(levelText);
  if (name === metadataVersionFeature) {
    const version = metadataVersionName(level);
    if (version === undefined) throw new FormatError(`Unknown metadata.version ${level}`);
    return [`${name}=${level} (${version}) has no dependencies.`];
  }
  const feature = featureNamed(name);
  if (feature === undefined) throw new FormatError(`Unknown feature: ${name}`);
  const known = feature.levels[level];
  if (known === undefined) throw new FormatError(`Feature level ${level} is not supported for feature ${name}`);
  if (known.dependencies.size === 0) return [`${name}=${level} has no dependencies.`];
  const lines = [`${name}=${level} requires:`];
  for (const [dependency, needed] of known.dependencies) {
    const version = dependency === metadataVersionFeature ? ` (${metadataVersionName(needed)})` : "";
    lines.push(`    ${dependency}=${needed}${version}`);
  }
  return lines;
}
