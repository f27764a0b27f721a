import { configResourceTypes } from "../../../src/metadata/image/configs-image.ts";
import { ScriptedConsumerGroup } from "../consumer-group.ts";
import { type Scenario } from "../session.ts";

const { group: groupResource } = configResourceTypes;

const session = "consumer.session.timeout.ms";
const heartbeat = "consumer.heartbeat.interval.ms";
const assignment = "consumer.assignment.interval.ms";

/** Values around the bounds that brokers have by default, and of other types. */
const values: Readonly<Record<string, readonly (string | null)[]>> = {
  [session]: ["-1", "0", "1", "5000", "44999", "45000", "60000", "60001", "abc", "", "99999999999", null],
  [heartbeat]: ["-1", "0", "4999", "5000", "15000", "15001", "1.5", null],
  [assignment]: ["-1", "0", "1000", "15000", "15001", null],
  "share.session.timeout.ms": ["44999", "45000", "60001"],
  "share.auto.offset.reset": ["earliest", "by_duration:PT1H", "none"],
  "share.isolation.level": ["read_committed", "READ_COMMITTED"],
  "streams.num.standby.replicas": ["0", "2", "3"],
  "streams.heartbeat.interval.ms": ["4999", "15000"],
  "cleanup.policy": ["compact"],
  "consumer.unknown": ["1"],
};

/** Settings of one group: which are taken, how they are told of, and what its members hear of them. */
export const groupConfigsScenario: Scenario = {
  name: "group-configs",
  async run(s) {
    await s.createTopic("t", 2);
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    const alter = (
      step: string,
      configs: readonly { readonly name: string; readonly value: string | null; readonly configOperation: number }[],
      { name = group.groupId, validateOnly = false } = {},
    ) =>
      s.ask(step, "incrementalAlterConfigs", 1, {
        resources: [{ resourceType: groupResource, resourceName: name, configs }],
        validateOnly,
      });
    const set = (key: string, value: string | null) => ({ name: key, value, configOperation: value === null ? 1 : 0 });
    const describe = (step: string, name = group.groupId, configurationKeys: string[] | null = null) =>
      s.ask(step, "describeConfigs", 4, {
        resources: [{ resourceType: groupResource, resourceName: name, configurationKeys }],
        includeSynonyms: true,
        includeDocumentation: false,
      });

    for (const [key, each] of Object.entries(values)) {
      for (const value of each) await alter(`${key}=${value}`, [set(key, value)], { validateOnly: true });
    }
    await alter("a session not above the heartbeat's interval", [set(session, "45000"), set(heartbeat, "45000")]);
    await alter("one good, one bad", [set(heartbeat, "6000"), set(session, "1")]);
    await alter("a key twice", [set(heartbeat, "6000"), set(heartbeat, "7000")]);
    await alter("appended", [{ name: heartbeat, value: "6000", configOperation: 2 }]);
    await alter("an operation that there is not", [{ name: heartbeat, value: "6000", configOperation: 9 }]);
    await alter("no group", [set(heartbeat, "6000")], { name: "" });
    await alter("a group that there is not", [set(heartbeat, "6000")], { name: s.topic("other") });
    await describe("a group that there is not", s.topic("other"));
    await describe("no group", "");
    await describe("one key of a group without settings", s.topic("third"), [session]);
    await describe("a key that there is not", s.topic("third"), ["nothing"]);

    await group.join("a member", "a");
    await alter("a longer interval", [set(heartbeat, "12000"), set(session, "50000"), set(assignment, "15000")]);
    await s.untilInForce();
    await group.beat("hears of it", "a", 2, { owns: [0, 1] });
    await describe("of the settings");
    await group.join("another one waits for its target", "b");
    await group.describe("until the interval is over");
    await alter("as before", [set(heartbeat, null), set(session, null), set(assignment, "0")]);
    await s.untilInForce();
    await group.beat("hears of it again", "a", 2, { owns: [0, 1] });
    await s.ask("the old way to alter", "alterConfigs", 2, {
      resources: [
        { resourceType: groupResource, resourceName: group.groupId, configs: [{ name: heartbeat, value: "8000" }] },
      ],
    });
    await s.untilInForce();
    await describe("replaced by the old way");
    const listed = await s.quietly("listConfigResources", 1, { resourceTypes: [groupResource] });
    const own = [group.groupId, s.topic("other"), s.topic("third")];
    s.note(
      "groups with settings",
      listed.configResources.filter(({ resourceName }) => own.includes(resourceName)),
    );
  },
};
