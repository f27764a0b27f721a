import { type MetadataDelta } from "./delta/metadata-delta.ts";
import { type MetadataImage } from "./image/metadata-image.ts";

/** What a batch of records makes of an image. */
export interface ReplayedBatch {
  readonly before: MetadataImage;
  readonly delta: MetadataDelta;
  /** Its provenance is not told. */
  readonly after: MetadataImage;
}

const replayed = new WeakMap<readonly Buffer[], ReplayedBatch>();

/**
 * For the loader: the controller has replayed what it appends by the time the loader hears of it, mostly on the same image.
 * Not for batches with the begin or the end of a transaction, which are the loader's business.
 */
export function keepReplayed(values: readonly Buffer[], batch: ReplayedBatch): void {
  replayed.set(values, batch);
}

/** What becomes of `image` with these records; undefined when that has to be found out. */
export function replayedOn(image: MetadataImage, values: readonly Buffer[]): ReplayedBatch | undefined {
  const known = replayed.get(values);
  return known?.before === image ? known : undefined;
}
