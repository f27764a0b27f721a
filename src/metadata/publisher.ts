import { type LeaderEpoch, type NodeId } from "../base/brand.ts";
import { type MetadataDelta } from "./delta/metadata-delta.ts";
import { type MetadataImage, type MetadataProvenance } from "./image/metadata-image.ts";

export interface LeaderAndEpoch {
  /** -1 while the quorum has no leader. */
  readonly leaderId: NodeId;
  readonly epoch: LeaderEpoch;
}

/** Where a published change came from. */
export interface LoaderManifest {
  readonly source: "log" | "snapshot";
  readonly provenance: MetadataProvenance;
  readonly leaderAndEpoch: LeaderAndEpoch;
  /** Bytes of the log batches behind it; 0 for a snapshot. */
  readonly sizeBytes: number;
}

/**
 * Someone who acts on metadata. Publishers run one behind the other in the order in which they were added, synchronously,
 * each with the same delta and image; when the last has returned, replies that waited for this offset go out.
 */
export interface Publisher {
  readonly name: string;
  /** `image` is the state after `delta`; `delta.image` the state before. */
  publish(delta: MetadataDelta, image: MetadataImage, manifest: LoaderManifest): void;
  /** The quorum's leader changed; called between publications. */
  onControllerChange?(leader: LeaderAndEpoch): void;
}
