import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { javaHashOrder, javaStringHash, plannedForCopy } from "../../../src/base/java-hash.ts";
import { ConfigError } from "../../../src/config/config-key.ts";
import { partitionAssignorsFrom } from "../../../src/coordinator/group/assignor/builtin-assignors.ts";
import { type GroupSpec, type MemberSpec } from "../../../src/coordinator/group/assignor/partition-assignor.ts";

/*
 * What the assignors of Apache Kafka 4.3.0 made of random groups whose members come, go and change their minds, each step
 * from the targets of the one before. The lists are in the order of Kafka's hash sets, since the next step depends on it.
 */
interface Golden {
  readonly assignor: string;
  readonly homogeneous: boolean;
  readonly topics: readonly (readonly [name: string, id: string, partitions: number])[];
  readonly members: readonly {
    readonly id: string;
    readonly instance: string | null;
    readonly topics: readonly string[];
    readonly had: readonly (readonly [topicId: string, partitions: readonly number[]])[];
  }[];
  readonly assigned: Record<string, readonly (readonly [topicId: string, partitions: readonly number[]])[]>;
}

const lines = gunzipSync(readFileSync(new URL("../../data/groups/kafka-assignments.jsonl.gz", import.meta.url)))
  .toString()
  .trim()
  .split("\n");
const golden = lines.map((line) => JSON.parse(line) as Golden);

function specOf({ topics, members, homogeneous }: Golden): GroupSpec {
  const idByName = new Map(topics.map(([name, id]) => [name, id]));
  const specs = members.map((member): MemberSpec => {
    const names = [...new Set(member.topics)];
    return {
      memberId: member.id,
      instanceId: member.instance,
      subscriptionSize: names.length,
      topicIds: javaHashOrder(names, javaStringHash, plannedForCopy(member.topics.length))
        .map((name) => idByName.get(name))
        .filter((id) => id !== undefined),
      assigned: new Map(member.had),
    };
  });
  return { members: javaHashOrder(specs, ({ memberId }) => javaStringHash(memberId)), isHomogeneous: homogeneous };
}

test.each(["uniform", "range"])("%s assigns what Kafka's does", (name) => {
  const [assignor] = partitionAssignorsFrom([name]);
  const steps = golden.filter((step) => step.assignor === name);
  expect(steps.length).toBeGreaterThan(50);
  expect(new Set(steps.map((step) => step.homogeneous))).toEqual(new Set([true, false]));
  for (const step of steps) {
    const partitionCounts = new Map(step.topics.map(([, id, count]) => [id, count]));
    const spec = specOf(step);
    const targets = assignor!.assign(spec, {
      partitionCount: (topicId) => partitionCounts.get(topicId),
    });
    expect(targets.length).toBe(spec.members.length);
    for (const { id, had } of step.members) {
      const target = [...targets[spec.members.findIndex(({ memberId }) => memberId === id)]!];
      const expected = step.assigned[id]!;
      expect(asSets(target)).toEqual(asSets(expected));
      // What has not changed keeps its order, and no record is written.
      if (JSON.stringify(asSets(had)) !== JSON.stringify(asSets(expected)))
        expect({ at: golden.indexOf(step), id, target }).toEqual({ at: golden.indexOf(step), id, target: expected });
    }
  }
});

type Lists = readonly (readonly [string, readonly number[]])[];

function asSets(lists: Lists): Lists {
  return lists
    .map(([id, partitions]) => [id, [...partitions].sort((one, other) => one - other)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

test("an assignor that there is not, and which there are", () => {
  expect(() => partitionAssignorsFrom(["uniform", "org.example.Mine"])).toThrow(ConfigError);
  const byClass = ["RangeAssignor", "UniformAssignor"].map(
    (name) => `org.apache.kafka.coordinator.group.assignor.${name}`,
  );
  expect(partitionAssignorsFrom(byClass)).toEqual(partitionAssignorsFrom(["range", "uniform"]));
});
