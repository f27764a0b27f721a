import { type FeatureLevelRecord } from "../../protocol/metadata-records/feature-level.ts";
import { type FeaturesImage } from "../image/features-image.ts";
import { kraftVersionFeature, metadataVersionFeature } from "../features/feature-names.ts";

export class FeaturesDelta {
  /** New level by feature; 0 takes the feature away. */
  readonly changes = new Map<string, number>();
  readonly #image: FeaturesImage;

  constructor(image: FeaturesImage) {
    this.#image = image;
  }

  replayFeatureLevel(record: FeatureLevelRecord): void {
    // Old brokers wrote it by mistake; the level in force is the one in the raft log's control records.
    if (record.name !== kraftVersionFeature) this.changes.set(record.name, record.featureLevel);
  }

  /** What the snapshot did not mention is gone. */
  finishSnapshot(): void {
    for (const name of this.#image.finalizedLevels.keys()) {
      if (!this.changes.has(name)) this.changes.set(name, 0);
    }
  }

  apply(): FeaturesImage {
    const levels = new Map(this.#image.finalizedLevels);
    let metadataVersion = this.#image.metadataVersion;
    for (const [name, level] of this.changes) {
      if (name === metadataVersionFeature) metadataVersion = level;
      else if (level === 0) levels.delete(name);
      else levels.set(name, level);
    }
    return { finalizedLevels: levels, metadataVersion };
  }
}
