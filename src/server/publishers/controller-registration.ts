import { type Uuid } from "../../base/brand.ts";
import { type Controller } from "../../controller/controller.ts";
import { supportedFeatures } from "../../metadata/features/feature-table.ts";
import { metadataVersionWith } from "../../metadata/features/metadata-version.ts";
import { type RegisteredEndpoint } from "../../metadata/image/cluster-image.ts";
import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { emptyImage, type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type Publisher } from "../../metadata/publisher.ts";

export interface ControllerRegistrationOptions {
  readonly nodeId: number;
  /** Of this life of the controller. */
  readonly incarnationId: Uuid;
  readonly endpoints: readonly RegisteredEndpoint[];
  readonly controller: Pick<Controller, "isActive" | "registerController">;
}

/**
 * Makes this controller known to the cluster, with where it listens and what it supports (KIP-919), whenever the metadata
 * does not have it yet. Add it behind the controller, which must be active to take the registration.
 */
export class ControllerRegistrationPublisher implements Publisher {
  readonly name = "controller registration";
  readonly #options: ControllerRegistrationOptions;
  #image: MetadataImage = emptyImage;
  #isUnderWay = false;

  constructor(options: ControllerRegistrationOptions) {
    this.#options = options;
  }

  publish(_delta: MetadataDelta, image: MetadataImage): void {
    this.#image = image;
    this.#registerIfMissing();
  }

  onControllerChange(): void {
    this.#registerIfMissing();
  }

  #registerIfMissing(): void {
    const { controller, nodeId, incarnationId, endpoints } = this.#options;
    if (this.#isUnderWay || !controller.isActive) return;
    const { features, cluster } = this.#image;
    if ((features.metadataVersion ?? 0) < metadataVersionWith.controllerRegistration) return;
    if (cluster.controllers.get(nodeId)?.incarnationId === incarnationId) return;
    this.#isUnderWay = true;
    const request = {
      controllerId: nodeId,
      incarnationId,
      zkMigrationReady: false,
      listeners: [...endpoints],
      features: [...supportedFeatures],
    };
    void controller.registerController(request).finally(() => (this.#isUnderWay = false));
  }
}
