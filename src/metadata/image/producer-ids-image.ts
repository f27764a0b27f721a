export interface ProducerIdsImage {
  /** First producer id that was never handed out; -1 before the first block. */
  readonly nextProducerId: number;
}

export const emptyProducerIds: ProducerIdsImage = { nextProducerId: -1 };
