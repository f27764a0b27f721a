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
  {
    reason: "Kafka forgets an empty consumer group, in memory alone, when a classic member with an id asks to join.",
    ours: /consumerGroupHeartbeat.*"UNKNOWN_MEMBER_ID"/,
    kafkas: /consumerGroupHeartbeat.*"GROUP_ID_NOT_FOUND".*Consumer group .* not found/,
  },
];

/** Whether a difference is on purpose. What comes behind it in the script is compared all the same. */
export function isMeant({ ours, kafkas }: Difference): boolean {
  const [one, other] = [JSON.stringify(ours ?? null), JSON.stringify(kafkas ?? null)];
  return meant.some((each) => each.ours.test(one) && each.kafkas.test(other)) || endsEarlier(one, other);
}

/** A fetch of ours ends where a piece of memory ends; what is behind it comes with the next one. */
function endsEarlier(ours: string, kafkas: string): boolean {
  if (!ours.includes(". fetch v")) return false;
  const pattern = /"records":\[([^\]]*)\]/g;
  const [some, all] = [ours, kafkas].map((text) => Array.from(text.matchAll(pattern), ([, records]) => records!));
  const isSameBeside = ours.replace(pattern, "") === kafkas.replace(pattern, "");
  return (
    isSameBeside &&
    some!.every((records, at) => all![at] === records || (records !== "" && all![at]?.startsWith(`${records},`)))
  );
}
