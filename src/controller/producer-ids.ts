import { type NodeId } from "../base/brand.ts";
import { Errors } from "../protocol/errors.ts";
import { type ApiError } from "./api-error.ts";
import { brokerEpochProblem } from "./brokers.ts";
import { type ProducerIdBlock } from "./controller.ts";
import { type ControllerView } from "./controller-view.ts";
import { type ControllerResult } from "./result.ts";

const blockSize = 1000;

/** Hands out the next block of producer ids: each id goes to one broker, once, whatever happens to either. */
export function allocateProducerIds(
  view: ControllerView,
  brokerId: NodeId,
  brokerEpoch: number,
): ControllerResult<ProducerIdBlock | ApiError> {
  const problem = brokerEpochProblem(view.image.cluster, brokerId, brokerEpoch);
  if (problem !== undefined) return { records: [], response: problem };
  const firstProducerId = Math.max(0, view.image.producerIds.nextProducerId);
  const data = { brokerId, brokerEpoch, nextProducerId: firstProducerId + blockSize };
  return {
    records: [{ type: "producerIds", version: 0, data }],
    response: { errorCode: Errors.NONE, firstProducerId, count: blockSize },
  };
}
