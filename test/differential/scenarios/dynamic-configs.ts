import { brokerKeys } from "../../../src/config/broker-keys.ts";
import { keysByName } from "../../../src/config/key-order.ts";
import { configResourceTypes } from "../../../src/metadata/image/configs-image.ts";
import { type Scenario, type Session } from "../session.ts";

const { broker } = configResourceTypes;
const own = "1";
const all = "";
const keys = keysByName<string>(brokerKeys);
/** Of every type, allowed and not. */
const values = ["-3", "-2", "-1", "0", "1", "3", "1000", "3000000000", "0.5", "true", "abc", "", "compact", "zstd"];

type Changes = Readonly<Record<string, string | null>>;

/** Sets what has a value and deletes what has none; the answer in one line. */
async function alter(s: Session, resourceName: string, changes: Changes, validateOnly = false): Promise<string> {
  const configs = Object.entries(changes).map(([name, value]) => ({
    name,
    configOperation: value === null ? 1 : 0,
    value,
  }));
  const resources = [{ resourceType: broker, resourceName, configs }];
  const { responses } = await s.quietly("incrementalAlterConfigs", 1, { resources, validateOnly });
  const { errorCode, errorMessage } = responses[0]!;
  if (!validateOnly) await s.untilInForce();
  return errorCode === 0 ? "ok" : `${errorCode} ${errorMessage}`;
}

async function describe(s: Session, resourceType: number, resourceName: string, configurationKeys: string[]) {
  const resources = [{ resourceType, resourceName, configurationKeys }];
  const { results } = await s.quietly("describeConfigs", 4, { resources, includeSynonyms: true });
  return results[0]!.configs.map(
    ({ name, value, configSource, readOnly, synonyms }) =>
      `${name}=${value} from ${configSource}${readOnly ? ", read-only" : ""}: ${synonyms.map((each) => `${each.name}=${each.value} from ${each.source}`).join("; ")}`,
  );
}

/** Which values a key takes: one line for each answer, with the values that are answered so. */
async function takes(s: Session, resourceName: string, key: string): Promise<Record<string, string>> {
  const byAnswer: Record<string, string> = {};
  for (const value of values) {
    const answer = (await alter(s, resourceName, { [key]: value }, true)).replace(` ${value} `, " <value> ");
    byAnswer[answer] = answer in byAnswer ? `${byAnswer[answer]} | ${value}` : value;
  }
  return byAnswer;
}

/** Values beside the default that a broker takes at once, for the keys that only take certain ones. */
const chosen: Readonly<Record<string, string>> = {
  "log.cleanup.policy": "compact",
  "log.message.timestamp.type": "LogAppendTime",
  "max.connections.per.ip.overrides": "127.0.0.9:7",
  "num.io.threads": "9",
  "unclean.leader.election.enable": "true",
};

const precedence = ["log.retention.ms", "log.roll.ms", "log.flush.interval.ms", "message.max.bytes"];

/** Leaves the broker as it found it. */
export const dynamicConfigsScenario: Scenario = {
  name: "dynamic-configs",
  async run(s) {
    for (const [key, { update }] of keys) {
      if (update === "read-only") s.note(`read-only ${key}`, await alter(s, own, { [key]: "1" }, true));
    }
    for (const [key, { update }] of keys) {
      const isSecurity = /^(ssl|sasl|principal)\./.test(key);
      if (update === "read-only" || isSecurity) continue;
      s.note(`${key} of the broker`, await takes(s, own, key));
      if (update === "cluster-wide") s.note(`${key} of all brokers`, await takes(s, all, key));
      else s.note(`${key} of all brokers`, await alter(s, all, { [key]: "1" }, true));
    }
    for (const [key, value] of Object.entries(chosen)) {
      s.note(`set ${key}`, await alter(s, all, { [key]: value }));
      s.note(`${key} is set`, await describe(s, broker, own, [key]));
      s.note(`delete ${key}`, await alter(s, all, { [key]: null }));
      s.note(`${key} is deleted`, await describe(s, broker, own, [key]));
    }

    const topic = await s.createTopic("t", 1, { "segment.bytes": "2000000" });
    const describeBoth = async (step: string): Promise<void> => {
      const topicKeys = ["retention.ms", "segment.ms", "flush.ms", "max.message.bytes", "segment.bytes"];
      for (const name of [own, all]) s.note(`${step}: broker ${name}`, await describe(s, broker, name, precedence));
      s.note(`${step}: topic`, await describe(s, configResourceTypes.topic, topic, topicKeys));
    };
    await describeBoth("nothing set");
    const ofAll = Object.fromEntries(precedence.map((key, index) => [key, String(1_000_000 + index)]));
    s.note("set for all", await alter(s, all, { ...ofAll, "log.segment.bytes": "3000000" }));
    await describeBoth("set for all");
    s.note("set for one", await alter(s, own, { "log.retention.ms": "5000", "message.max.bytes": "7000" }));
    await describeBoth("set for both");
    const nothing = Object.fromEntries(precedence.map((key) => [key, null]));
    s.note("delete for all", await alter(s, all, { ...nothing, "log.segment.bytes": null }));
    await describeBoth("set for one");
    s.note("delete for one", await alter(s, own, nothing));
    await describeBoth("deleted");

    for (const name of ["listener.name.plaintext.max.connections", "listener.name.none.max.connections"]) {
      for (const value of ["-1", "0", "5", "abc"]) {
        for (const resource of [own, all]) {
          s.note(`${name}=${value} of ${resource}`, await alter(s, resource, { [name]: value }, true));
        }
      }
    }
    const rateOfListener = "listener.name.plaintext.max.connection.creation.rate";
    s.note("no rate for a listener", await alter(s, own, { [rateOfListener]: "0" }, true));
    s.note("threads of a listener", await alter(s, all, { "listener.name.plaintext.num.network.threads": "5" }, true));
    s.note("many of a listener", await alter(s, all, { "listener.name.plaintext.num.network.threads": "50" }, true));
    s.note("a read-only one of a listener", await alter(s, own, { "listener.name.plaintext.node.id": "5" }, true));
    s.note("a key of nobody", await alter(s, own, { "no.such.key": "5" }, true));
    s.note("two wrong ones", await alter(s, own, { "node.id": "5", "message.max.bytes": "x" }, true));
    s.note("one right, one wrong", await alter(s, own, { "message.max.bytes": "5000", "max.connections": "x" }));
    s.note("nothing of it was done", await describe(s, broker, own, ["message.max.bytes", "max.connections"]));
    s.note("an unknown listener", await alter(s, own, { listeners: "OTHER://127.0.0.1:1" }, true));
    s.note(
      "local retention",
      await alter(s, all, { "log.retention.ms": "1000", "log.local.retention.ms": "2000" }, true),
    );
    s.note(
      "local bytes",
      await alter(s, all, { "log.retention.bytes": "1000", "log.local.retention.bytes": "2000" }, true),
    );
  },
};
