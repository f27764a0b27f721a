import {
  eligibleLeaderReplicasFeature,
  groupVersionFeature,
  kraftVersionFeature,
  metadataVersionFeature,
  shareVersionFeature,
  streamsVersionFeature,
  transactionVersionFeature,
} from "./feature-names.ts";
import { metadataVersionMax, metadataVersionMin, metadataVersionName } from "./metadata-version.ts";

export interface FeatureLevel {
  readonly level: number;
  /** A cluster formatted with this metadata.version or a later one starts at this level. */
  readonly bootstrapMetadataVersion: number;
  /** Levels that other features must have at least. */
  readonly dependencies: ReadonlyMap<string, number>;
}

export interface Feature {
  readonly name: string;
  /** From 0 up. */
  readonly levels: readonly FeatureLevel[];
}

const none: ReadonlyMap<string, number> = new Map();

function feature(
  name: string,
  ...levels: (readonly [bootstrap: number, dependencies?: ReadonlyMap<string, number>])[]
): Feature {
  const all = [[metadataVersionMin] as const, ...levels];
  return {
    name,
    levels: all.map(([bootstrapMetadataVersion, dependencies], level) => ({
      level,
      bootstrapMetadataVersion,
      dependencies: dependencies ?? none,
    })),
  };
}

/** Every feature of Kafka 4.3 besides metadata.version, in the order in which its tools list them. */
export const features: readonly Feature[] = [
  feature(kraftVersionFeature, [21]),
  feature(transactionVersionFeature, [24], [24]),
  feature(groupVersionFeature, [22]),
  feature(eligibleLeaderReplicasFeature, [26, new Map([[metadataVersionFeature, 23]])]),
  feature(shareVersionFeature, [28]),
  feature(streamsVersionFeature, [29]),
];

export function featureNamed(name: string): Feature | undefined {
  return features.find((each) => each.name === name);
}

/** The level at which a cluster of this metadata.version starts. */
export function defaultLevel(of: Feature, metadataVersion: number): number {
  return of.levels.findLast((each) => each.bootstrapMetadataVersion <= metadataVersion)?.level ?? 0;
}

export interface SupportedVersions {
  readonly name: string;
  readonly minSupportedVersion: number;
  readonly maxSupportedVersion: number;
}

/** What this node supports: brokers and controllers register with it, ApiVersions shows it. */
export const supportedFeatures: readonly SupportedVersions[] = [
  { name: metadataVersionFeature, minSupportedVersion: metadataVersionMin, maxSupportedVersion: metadataVersionMax },
  ...features.map(({ name, levels }) => ({ name, minSupportedVersion: 0, maxSupportedVersion: levels.length - 1 })),
];

/** Why `name` cannot have this level beside the others; undefined when it can. */
export function featureLevelProblem(
  name: string,
  level: number,
  others: ReadonlyMap<string, number>,
): string | undefined {
  const known = featureNamed(name)?.levels[level];
  if (known === undefined) return `No feature:${name} with feature level ${level}`;
  if (level >= 1 && (others.get(metadataVersionFeature) ?? -1) < metadataVersionMin) {
    return `${name} could not be set to ${level} because it depends on metadata.version=${metadataVersionMin} (${metadataVersionName(metadataVersionMin)})`;
  }
  for (const [dependency, needed] of known.dependencies) {
    if ((others.get(dependency) ?? -1) < needed) {
      return `${name} could not be set to ${level} because it depends on ${dependency} level ${needed}`;
    }
  }
  return undefined;
}
