import { type Difference } from "./pair.ts";

/** A difference that is on purpose: what ours says, what Kafka says, and why. */
interface Meant {
  readonly reason: string;
  readonly ours: RegExp;
  readonly kafkas: RegExp;
}

const meant: readonly Meant[] = [
  {
    reason: "Kafka looks no further than the first segment with such a time, though its records are deleted.",
    ours: /listOffsets.*"timestamp":\d+,"offset":\d+/,
    kafkas: /listOffsets.*"timestamp":-1,"offset":-1/,
  },
];

/** Whether a difference is on purpose. What comes behind it in the script is compared all the same. */
export function isMeant({ ours, kafkas }: Difference): boolean {
  const [one, other] = [JSON.stringify(ours ?? null), JSON.stringify(kafkas ?? null)];
  return meant.some((each) => each.ours.test(one) && each.kafkas.test(other));
}
