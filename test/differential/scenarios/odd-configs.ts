import { errorName } from "../../../src/protocol/errors.ts";
import { configResourceTypes } from "../../../src/metadata/image/configs-image.ts";
import { type Scenario, type Session } from "../session.ts";

const { broker, topic: topicType } = configResourceTypes;
const [set, remove, append, subtract] = [0, 1, 2, 3];

/** A key, its value, and what is to be done with it. */
type Change = readonly [name: string, value: string | null, operation?: number];

const invalid: readonly Change[] = [
  ["retention.ms", "-5"],
  ["segment.bytes", "1"],
  ["cleanup.policy", "nothing"],
  ["compression.type", "bzip"],
  ["min.insync.replicas", "0"],
  ["flush.ms", "-1"],
  ["preallocate", "maybe"],
  ["max.message.bytes", "x"],
  ["message.timestamp.type", "y"],
  ["leader.replication.throttled.replicas", "z"],
  ["local.retention.ms", "-9"],
  ["min.cleanable.dirty.ratio", "2"],
  ["index.interval.bytes", "-3"],
];
const invalidOfGroup: readonly Change[] = [
  ["share.session.timeout.ms", "x"],
  ["consumer.heartbeat.interval.ms", "0"],
  ["consumer.session.timeout.ms", "-1"],
  ["streams.num.standby.replicas", "y"],
  ["share.isolation.level", "z"],
  ["consumer.assignment.interval.ms", "u"],
];
const invalidOfBroker: readonly Change[] = [
  ["log.retention.ms", "x"],
  ["num.io.threads", "0"],
  ["log.cleaner.threads", "x"],
  ["log.segment.bytes", "1"],
  ["message.max.bytes", "-1"],
  ["background.threads", "0"],
  ["log.cleanup.policy", "nope"],
  ["compression.type", "q"],
  ["replica.alter.log.dirs.io.max.bytes.per.second", "-1"],
  ["log.roll.ms", "z"],
  ["max.connections", "y"],
];
const unknown = ["zz", "aa", "nope", "foo.bar", "a1", "b2", "c3"].map((name): Change => [name, "1"]);
const quotas = [
  "leader.replication.throttled.rate",
  "follower.replication.throttled.rate",
  "replica.alter.log.dirs.io.max.bytes.per.second",
];

/** Each list from each of its entries on, and the same backwards: which of the rest is named? */
function* suffixes(step: string, changes: readonly Change[]): Generator<[string, readonly Change[]]> {
  for (let start = 0; start < changes.length; start++) {
    yield [`${step}, without the first ${start}`, changes.slice(start)];
    yield [`${step}, without the first ${start}, backwards`, changes.slice(start).reverse()];
  }
}

/** Several things that are wrong with one configuration, values in odd forms, and operations that make no sense. */
export const oddConfigsScenario: Scenario = {
  name: "configs-odd",
  async run(s) {
    await ofNewTopics(s);
    await ofTopics(s);
    await ofGroups(s);
    await ofBrokers(s);
  },
};

async function ofNewTopics(s: Session): Promise<void> {
  const create = async (step: string, changes: readonly Change[]): Promise<void> => {
    const configs = changes.map(([name, value]) => ({ name, value }));
    const topics = [{ name: s.topic("new"), numPartitions: 1, replicationFactor: 1, configs }];
    const [answer] = (await s.quietly("createTopics", 7, { topics, timeoutMs: 5_000, validateOnly: true })).topics;
    s.note(`create: ${step}`, `${errorName(answer!.errorCode)} ${answer!.errorMessage}`);
  };
  for (const [step, changes] of suffixes("all wrong", invalid)) await create(step, changes);
  for (const [step, changes] of suffixes("unknown", unknown)) await create(step, changes);
  await create("unknown and wrong", [...invalid, ...unknown]);
  const nulls: readonly Change[] = [
    ["retention.ms", null],
    ["segment.bytes", null],
    ["flush.ms", null],
  ];
  await create("nulls", nulls);
  await create("nulls, backwards", nulls.toReversed());
  await create("null and wrong", [["flush.ms", "-1"], ...nulls]);
  await create("null and unknown", [["nope", "1"], ...nulls]);
  await create("unknown and null", [["nope", null]]);
  await create("twice", [
    ["retention.ms", "-5"],
    ["retention.ms", "10"],
  ]);
  const lags: readonly Change[] = [
    ["min.compaction.lag.ms", "10"],
    ["max.compaction.lag.ms", "5"],
  ];
  await create("what does not go together", [...lags, ["remote.storage.enable", "true"]]);
  await create("what does not go together, and wrong", [...lags, ["retention.ms", "-7"]]);
}

/** Asks what would come of it, and notes the answer in one line. */
async function alter(s: Session, step: string, type: number, resourceName: string, changes: readonly Change[]) {
  const configs = changes.map(([name, value, configOperation = set]) => ({ name, value, configOperation }));
  const resources = [{ resourceType: type, resourceName, configs }];
  const [answer] = (await s.quietly("incrementalAlterConfigs", 1, { resources, validateOnly: true })).responses;
  s.note(step, `${errorName(answer!.errorCode)} ${answer!.errorMessage}`);
}

async function ofTopics(s: Session): Promise<void> {
  const topic = await s.createTopic("t");
  const ask = (step: string, ...changes: Change[]) => alter(s, `topic: ${step}`, topicType, topic, changes);
  for (const [step, changes] of suffixes("all wrong", invalid)) await ask(step, ...changes);
  for (const [step, changes] of suffixes("unknown", unknown)) await ask(step, ...changes);
  await ask("append to no lists", ["retention.ms", "5", append], ["segment.bytes", "x", append]);
  await ask("append to no lists, backwards", ["segment.bytes", "x", append], ["retention.ms", "5", append]);
  await ask("append to no list, and wrong", ["retention.ms", "-5"], ["segment.bytes", "x", append]);
  for (const value of ["compact", "delete", "nothing", "compact,delete", "", "compact,,", ",compact", null]) {
    await ask(`append ${value}`, ["cleanup.policy", value, append]);
    await ask(`subtract ${value}`, ["cleanup.policy", value, subtract]);
    await ask(`set ${value}`, ["cleanup.policy", value]);
  }
  const throttled = "leader.replication.throttled.replicas";
  for (const value of ["0:1", "0-1", "*", "0:1,", "1:2,*"]) {
    await ask(`append ${value}`, [throttled, value, append]);
    await ask(`set ${value}`, [throttled, value]);
  }
  const odd: Record<string, readonly string[]> = {
    "retention.ms": [" 10 ", "+10", "1e3", "0x10", "9223372036854775807", "9223372036854775808", "10L", ""],
    "segment.bytes": ["2147483647", "2147483648", "1.5e6"],
    "min.cleanable.dirty.ratio": ["0x1p-1", "0X.8P-1d", "0x1", "0xp1", "NaN", "0.5f", ".5", "5e-1", "-0.0", "1,0"],
    preallocate: [" TRUE ", "yes", "1", ""],
    "internal.segment.bytes": ["100", "x"],
  };
  for (const [name, values] of Object.entries(odd)) {
    for (const value of values) await ask(`${name}=${JSON.stringify(value)}`, [name, value]);
  }
  await ask("twice", ["retention.ms", "10"], ["retention.ms", "20"]);
  await ask("delete with a value", ["retention.ms", "10", remove]);
  await ask("delete what is unknown", ["nope", null, remove]);
  for (const name of [s.topic("none"), "a/b", ""]) {
    await alter(s, `topic ${JSON.stringify(s.names.of(name))}`, topicType, name, [["retention.ms", "5"]]);
  }
}

async function ofGroups(s: Session): Promise<void> {
  const { group } = configResourceTypes;
  const ask = (step: string, ...changes: Change[]) => alter(s, `group: ${step}`, group, s.topic("g"), changes);
  for (const [step, changes] of suffixes("all wrong", invalidOfGroup)) await ask(step, ...changes);
  for (const [step, changes] of suffixes("unknown", unknown)) await ask(step, ...changes);
}

async function ofBrokers(s: Session): Promise<void> {
  for (const name of ["", "1"]) {
    const ask = (step: string, ...changes: Change[]) => alter(s, `broker ${name}: ${step}`, broker, name, changes);
    for (const [step, changes] of suffixes("all wrong", invalidOfBroker)) await ask(step, ...changes);
    const readOnly: readonly Change[] = [
      ["log.dirs", "/x"],
      ["broker.id", "5"],
      ["num.partitions", "3"],
      ["node.id", "3"],
    ];
    await ask("read-only", ...readOnly);
    await ask("read-only, backwards", ...readOnly.toReversed());
    await ask("read-only and wrong", ["log.retention.ms", "x"], ["log.dirs", "/x"]);
    await ask("per broker", ["listeners", "x"], ["advertised.listeners", "y"]);
    await ask("unknown and wrong", ["nope", "/x"], ["log.retention.ms", "x"]);
    for (const value of ["compact", "x", ""]) await ask(`append ${value}`, ["log.cleanup.policy", value, append]);
    await ask("append to a number", ["log.retention.ms", "4", append]);
    await ask("subtract", ["log.cleanup.policy", "delete", subtract]);
    for (const quota of quotas) {
      for (const value of ["x", "-1", "0", "1.5", "9223372036854775807"])
        await ask(`${quota}=${value}`, [quota, value]);
    }
    await ask("a quota and what is per broker", [quotas[0]!, "-1"], ["listeners", "x"]);
  }
  for (const name of ["7", "x", "-1", "01"])
    await alter(s, `broker ${name}`, broker, name, [["log.retention.ms", "5"]]);
}
