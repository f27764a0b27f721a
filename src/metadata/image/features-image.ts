/** Finalised feature levels; a feature that is not in the map is at level 0. */
export interface FeaturesImage {
  /** Without metadata.version. */
  readonly finalizedLevels: ReadonlyMap<string, number>;
  /** Level of metadata.version; undefined until its first record. */
  readonly metadataVersion: number | undefined;
}

export const emptyFeatures: FeaturesImage = { finalizedLevels: new Map(), metadataVersion: undefined };
