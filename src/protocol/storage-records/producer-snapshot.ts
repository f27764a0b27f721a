import { array, int16, int32, int64, message, struct, uint32, type Infer } from "../schema.ts";

export const producerSnapshot = message(
  "ProducerSnapshot",
  { versions: "1", flexible: "none" },
  {
    crc: uint32("1"),
    producerEntries: array(
      "1",
      struct("ProducerEntry", {
        producerId: int64("1"),
        epoch: int16("1"),
        lastSequence: int32("1"),
        lastOffset: int64("1"),
        offsetDelta: int32("1"),
        timestamp: int64("1"),
        coordinatorEpoch: int32("1"),
        currentTxnFirstOffset: int64("1"),
      }),
    ),
  },
);
export type ProducerSnapshot = Infer<typeof producerSnapshot>;
