import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type MemberSubscription } from "../../../../../src/cli/client/group/assignors/assignor.ts";
import { assignorsNamed } from "../../../../../src/cli/client/group/assignors/assignor-names.ts";
import { partitionName, type TopicPartition } from "../../../../../src/cli/client/topic-partition.ts";
import { propertyOptions } from "../../../../support/property-options.ts";

/** What Kafka's own assignors gave to members of groups that live through some rebalances. */
const recorded = ["classic-assignments", "rack-assignments"].map(
  (name) => new URL(`../../../../data/groups/${name}.jsonl`, import.meta.url),
);

interface Case {
  readonly assignor: string;
  readonly counts: Record<string, number>;
  /** Of each partition's replicas; null for a broker without one. */
  readonly racks?: Record<string, readonly (readonly (string | null)[])[]>;
  readonly members: readonly (Omit<MemberSubscription, "owned" | "userData" | "rack"> & {
    readonly rack?: string | null;
    readonly owned: readonly string[];
    readonly userData: string | null;
  })[];
  readonly assigned: Record<string, readonly string[]>;
}

const cases = recorded
  .flatMap((file) => readFileSync(file, "utf8").trim().split("\n"))
  .map((line) => JSON.parse(line) as Case);

const assignors = new Map(
  assignorsNamed(
    ["Range", "RoundRobin", "Sticky", "CooperativeSticky"]
      .map((name) => `org.apache.kafka.clients.consumer.${name}Assignor`)
      .join(),
  ).map((assignor) => [assignor.name, assignor]),
);

function partitionNamed(name: string): TopicPartition {
  const [, topic = "", partition] = /^(.*)-(\d+)$/.exec(name) ?? [];
  return { topic, partition: Number(partition) };
}

test.for([...assignors])("%s shares out as Kafka's assignor does", ([name, assignor]) => {
  const own = cases.filter((one) => one.assignor === name);
  expect(own.length).toBeGreaterThan(20);
  for (const { counts, racks = {}, members, assigned } of own) {
    const subscriptions = members.map((member) => ({
      ...member,
      rack: member.rack ?? null,
      owned: member.owned.map(partitionNamed),
      userData: member.userData === null ? null : Buffer.from(member.userData, "base64"),
    }));
    const shares = assignor.assign(
      subscriptions,
      new Map(Object.entries(counts)),
      new Map(
        Object.entries(racks).map(([topic, its]) => [topic, its.map((own) => own.filter((rack) => rack !== null))]),
      ),
    );
    const named = [...shares].map(([member, partitions]) => [member, partitions.map(partitionName)]);
    expect(Object.fromEntries(named)).toEqual(assigned);
  }
});

test.for(["sticky", "cooperative-sticky"])("%s tells the next leader what Kafka's assignor tells it", (name) => {
  const own = cases.filter(({ assignor }) => assignor === name);
  let count = 0;
  own.forEach(({ members, assigned }, index) => {
    for (const { memberId, generation, userData } of own[index + 1]?.members ?? []) {
      const before = members.find((member) => member.memberId === memberId);
      // Some members miss a generation.
      if (before === undefined || generation <= before.generation) continue;
      const partitions = assigned[memberId]!.map(partitionNamed);
      expect(assignors.get(name)?.userData({ generation, partitions })?.toString("base64")).toBe(userData);
      count++;
    }
  });
  expect(count).toBeGreaterThan(50);
});

const topics = ["a", "b", "c", "d"];
const members = fc.uniqueArray(
  fc.record({ memberId: fc.string({ minLength: 1, maxLength: 3 }), topics: fc.subarray(topics, { minLength: 1 }) }),
  { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 6 },
);
const counts = fc
  .tuple(...topics.map(() => fc.nat(6)))
  .map((all) => new Map(all.map((count, at) => [topics[at]!, count])));

test("with different subscriptions the sticky shares are whole, as even as can be, and stay when nothing changes", () => {
  const assignor = assignors.get("cooperative-sticky")!;
  fc.assert(
    fc.property(members, counts, (given, all) => {
      // The leader looks up only what somebody subscribes to.
      const count = new Map([...all].filter(([topic]) => given.some((member) => member.topics.includes(topic))));
      const joined = given.map((member) => ({
        ...member,
        instanceId: null,
        rack: null,
        owned: [],
        generation: -1,
        userData: null,
      }));
      const shares = assignor.assign(joined, count);
      const names = [...shares.values()].flat().map(partitionName);
      const wanted = [...count].flatMap(([topic, size]) =>
        Array.from({ length: size }, (_, partition) => partitionName({ topic, partition })),
      );
      expect(names.sort()).toEqual(wanted.sort());
      for (const { memberId, topics: its } of given) {
        const mine = shares.get(memberId)!;
        expect(mine.every(({ topic }) => its.includes(topic))).toBe(true);
        // Nobody has two fewer than another from whom it could take one.
        for (const others of shares.values())
          if (others.some(({ topic }) => its.includes(topic))) expect(others.length - mine.length).toBeLessThan(2);
      }
      const again = joined.map((member) => ({ ...member, owned: shares.get(member.memberId)!, generation: 1 }));
      const sorted = (of: ReturnType<typeof assignor.assign>) =>
        [...of].map(([memberId, its]) => `${memberId} ${its.map(partitionName).sort().join()}`).sort();
      expect(sorted(assignor.assign(again, count))).toEqual(sorted(shares));
    }),
    propertyOptions(100),
  );
});

test("what another member still reads is given to nobody until that member has let go of it", () => {
  const assignor = assignors.get("cooperative-sticky")!;
  const owned = [0, 1].map((partition) => ({ topic: "t", partition }));
  const common = { instanceId: null, rack: null, topics: ["t"], userData: null };
  const first = { ...common, memberId: "first", owned, generation: 1 };
  const second = { ...common, memberId: "second", owned: [], generation: -1 };
  const sharedOut = (members: MemberSubscription[]) => [...assignor.assign(members, new Map([["t", 2]])).values()];
  expect(sharedOut([first, second])).toEqual([[owned[0]], []]);
  expect(
    sharedOut([
      { ...first, owned: [owned[0]!], generation: 2 },
      { ...second, generation: 2 },
    ]),
  ).toEqual([[owned[0]], [owned[1]]]);
});
