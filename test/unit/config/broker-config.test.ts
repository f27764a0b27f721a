import { describe, expect, test } from "vitest";
import { BrokerConfig } from "../../../src/config/broker-config.ts";
import { describeBroker, describeTopic } from "../../../src/config/describe.ts";
import { propertiesFromEnvironment } from "../../../src/config/environment.ts";
import { parseProperties } from "../../../src/config/properties.ts";
import { TopicConfig, topicConfigsProblem } from "../../../src/config/topic-config.ts";

const combined = {
  "process.roles": "broker,controller",
  "node.id": "1",
  "controller.listener.names": "CONTROLLER",
  "controller.quorum.bootstrap.servers": "localhost:9093",
  listeners: "PLAINTEXT://:9092,CONTROLLER://:9093",
};

function configOf(overrides: Record<string, string> = {}): BrokerConfig {
  return new BrokerConfig(new Map(Object.entries({ ...combined, ...overrides })));
}

describe("a broker's configuration", () => {
  test("has the endpoints, roles and directories that follow from its keys", () => {
    const config = configOf({ "log.dirs": "/a, /b", "advertised.listeners": "PLAINTEXT://kafka.example:19092" });
    expect(config.isBroker && config.isController).toBe(true);
    expect(config.logDirs).toEqual(["/a", "/b"]);
    expect(config.metadataLogDir).toBe("/a");
    expect(config.advertisedListeners).toEqual([
      { name: "PLAINTEXT", host: "kafka.example", port: 19092, securityProtocol: "PLAINTEXT" },
    ]);
    expect(config.advertisedControllerListeners.map(({ name }) => name)).toEqual(["CONTROLLER"]);
    expect(config.interBrokerListenerName).toBe("PLAINTEXT");
  });

  test("drops what a list repeats, and says so; a topic's list too", () => {
    const config = configOf({ "log.dirs": "/a,/b, /a", "process.roles": "broker,controller,broker" });
    expect(config.logDirs).toEqual(["/a", "/b"]);
    expect(config.warnings).toEqual([
      'Configuration key "process.roles" contains duplicate values. Duplicates will be removed. The original value is: [broker, controller, broker], the updated value is: [broker, controller]',
      'Configuration key "log.dirs" contains duplicate values. Duplicates will be removed. The original value is: [/a, /b, /a], the updated value is: [/a, /b]',
    ]);
    expect(configOf({ "log.dirs": "/a,/b" }).warnings).toEqual([]);
    const topic = new TopicConfig(new Map([["cleanup.policy", "compact,delete,compact"]]), config);
    expect(topic.get("cleanup.policy")).toEqual(["compact", "delete"]);
  });

  test.each([
    [{ "num.partitions": "0" }, "Invalid value 0 for configuration num.partitions: Value must be at least 1"],
    [{ "num.partitions": "many" }, "Invalid value many for configuration num.partitions: Not a number of type INT"],
    [
      { "num.partitions": "2147483648" },
      "Invalid value 2147483648 for configuration num.partitions: Not a number of type INT",
    ],
    [
      { "auto.create.topics.enable": "yes" },
      "Invalid value yes for configuration auto.create.topics.enable: Expected value to be either true or false",
    ],
    [
      { "compression.type": "rar" },
      "Invalid value rar for configuration compression.type: String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer",
    ],
    [
      { "process.roles": "king" },
      "Invalid value king for configuration process.roles: String must be one of: broker, controller",
    ],
    [
      { "advertised.listeners": "PLAINTEXT://0.0.0.0:9092" },
      "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.",
    ],
    [{ listeners: "PLAINTEXT://localhost" }, "Unable to parse PLAINTEXT://localhost to a broker endpoint"],
    [{ listeners: "PLAINTEXT://:9092,CONTROLLER://:9092" }, "Each listener must have a different port"],
    [{ listeners: "OTHER://:1,CONTROLLER://:2" }, "No security protocol defined for listener OTHER"],
    [{ "group.coordinator.rebalance.protocols": "consumer" }, "Disabling the 'classic' protocol is not supported."],
    [
      { "group.consumer.heartbeat.interval.ms": "1000" },
      "group.consumer.heartbeat.interval.ms must be greater than or equal to group.consumer.min.heartbeat.interval.ms",
    ],
    [
      { "group.consumer.session.timeout.ms": "60001" },
      "group.consumer.session.timeout.ms must be less than or equal to group.consumer.max.session.timeout.ms",
    ],
    [
      { "group.consumer.min.session.timeout.ms": "5000", "group.consumer.session.timeout.ms": "5000" },
      "group.consumer.heartbeat.interval.ms must be less than group.consumer.session.timeout.ms",
    ],
    [
      { "group.share.max.size": "1000", "group.share.max.share.sessions": "999" },
      "group.share.max.share.sessions must be greater than or equal to group.share.max.size",
    ],
    [
      { "log.dirs": "/a,/a/" },
      "Duplicate log directory found: /a, /a/: entries of log.dirs name the same directory (/a)",
    ],
    [{ "broker.id": "7" }, "You must set `node.id` to the same value as `broker.id`."],
    [
      { listeners: "PLAINTEXT://:19092" },
      "controller.listener.names must only contain values appearing in the 'listeners' configuration when running the KRaft controller role",
    ],
  ])("refuses %j by name, value and what is allowed", (overrides, message) => {
    expect(() => configOf(overrides as Record<string, string>)).toThrow(message);
  });

  test("misses what it must have", () => {
    expect(() => new BrokerConfig(new Map())).toThrow(
      'Missing required configuration "process.roles" which has no default value.',
    );
  });

  test("knows which keys Kafka does not have", () => {
    expect(configOf({ "num.partition": "3", "listener.name.plaintext.max.connections": "4" }).unknown).toEqual([
      "num.partition",
    ]);
  });
});

describe("a topic's configuration", () => {
  test("takes the first synonym of the broker that is set, in its unit", () => {
    expect(new TopicConfig(new Map(), configOf()).get("retention.ms")).toBe(604_800_000);
    expect(new TopicConfig(new Map(), configOf({ "log.retention.hours": "1" })).get("retention.ms")).toBe(3_600_000);
    const both = configOf({ "log.retention.hours": "1", "log.retention.minutes": "2" });
    expect(new TopicConfig(new Map(), both).get("retention.ms")).toBe(120_000);
    expect(new TopicConfig(new Map([["retention.ms", "5"]]), both).get("retention.ms")).toBe(5);
    expect(new TopicConfig(new Map(), configOf({ "log.retention.hours": "-1" })).get("retention.ms")).toBe(-1);
    const all = configOf({ "log.retention.hours": "1", "log.retention.minutes": "2", "log.retention.ms": "-1" });
    expect(new TopicConfig(new Map(), all).get("retention.ms")).toBe(-1);
  });

  test("rolls by milliseconds where they are set, else by hours", () => {
    const hours = configOf({ "log.roll.hours": "2", "log.roll.jitter.hours": "1" });
    const byHours = new TopicConfig(new Map(), hours);
    expect([byHours.get("segment.ms"), byHours.get("segment.jitter.ms")]).toEqual([7_200_000, 3_600_000]);
    const ms = { "log.roll.hours": "2", "log.roll.ms": "9", "log.roll.jitter.hours": "1", "log.roll.jitter.ms": "4" };
    const byMs = new TopicConfig(new Map(), configOf(ms));
    expect([byMs.get("segment.ms"), byMs.get("segment.jitter.ms")]).toEqual([9, 4]);
  });

  test.each([
    [{ "no.such": "1" }, "Unknown topic config name: no.such"],
    [{ "retention.ms": "-2" }, "Invalid value -2 for configuration retention.ms: Value must be at least -1"],
    [
      { "cleanup.policy": "compact,melt" },
      "Invalid value melt for configuration cleanup.policy: String must be one of: compact, delete",
    ],
    [{ nope: "1", "foo.bar": "1" }, "Unknown topic config name: foo.bar"],
    [
      { "flush.ms": "-1", "retention.ms": "-2", "segment.ms": "0" },
      "Invalid value 0 for configuration segment.ms: Value must be at least 1",
    ],
    [
      { "min.cleanable.dirty.ratio": "-0x.8P-1f" },
      "Invalid value -0.25 for configuration min.cleanable.dirty.ratio: Value must be at least 0",
    ],
  ])("%j: %s", (overrides, message) => {
    expect(topicConfigsProblem(new Map(Object.entries(overrides)), configOf())).toBe(message);
  });

  test.each([
    ["min.cleanable.dirty.ratio", `${"1".repeat(400_000)}x`],
    ["min.cleanable.dirty.ratio", `0x${"a".repeat(400_000)}`],
    ["cleanup.policy", `a${" ".repeat(400_000)}b`],
  ])("%s: however long a value is, it is refused at once", (name, value) => {
    const startMs = performance.now();
    expect(topicConfigsProblem(new Map([[name, value]]), configOf())).toContain(`for configuration ${name}: `);
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });
});

describe("DescribeConfigs", () => {
  const layers = { statics: configOf({ "log.retention.ms": "9" }), dynamic: new Map(), dynamicDefault: new Map() };

  test("lists a topic's value with every place it could come from", () => {
    const [entry] = describeTopic(new Map([["retention.ms", "8"]]), layers, ["retention.ms"]);
    expect(entry).toMatchObject({ name: "retention.ms", value: "8", source: 1, configType: 5, readOnly: false });
    expect(entry?.synonyms).toEqual([
      { name: "retention.ms", value: "8", source: 1 },
      { name: "log.retention.ms", value: "9", source: 4 },
      { name: "log.retention.hours", value: "168", source: 5 },
    ]);
  });

  test("hides passwords and internal keys, and prints Long.MAX_VALUE and doubles as Java does", () => {
    const entries = new Map(describeBroker(layers, null).map((entry) => [entry.name, entry]));
    expect(entries.get("ssl.key.password")).toMatchObject({ value: null, isSensitive: true });
    expect(entries.has("unstable.api.versions.enable")).toBe(false);
    expect(entries.get("log.flush.interval.messages")?.value).toBe("9223372036854775807");
    expect(entries.get("log.cleaner.io.max.bytes.per.second")?.value).toBe("1.7976931348623157E308");
  });
});

describe("server.properties", () => {
  test("is read as Java reads it", () => {
    const text = "# comment\n! too\n a = 1 \nb:2\nc 3\nd=x\\\n   y\ne\\=f=\\u0041\\t\nempty=\na=last\n";
    expect([...parseProperties(text)]).toEqual([
      ["a", "last"],
      ["b", "2"],
      ["c", "3"],
      ["d", "xy"],
      ["e=f", "A\t"],
      ["empty", ""],
    ]);
  });

  test("can come from the environment, as in the official image", () => {
    const properties = propertiesFromEnvironment({
      KAFKA_NUM_PARTITIONS: "3",
      KAFKA_A__B___C: "x",
      KAFKA_HEAP_OPTS: "-Xmx1G",
      KAFKA_ADVERTISED_LISTENERS: "PLAINTEXT://me:9092,SSL://me:9094",
      PATH: "/bin",
    });
    expect(Object.fromEntries(properties)).toEqual({
      "a_b-c": "x",
      "advertised.listeners": "PLAINTEXT://me:9092,SSL://me:9094",
      listeners: "PLAINTEXT://0.0.0.0:9092,SSL://0.0.0.0:9094",
      "num.partitions": "3",
    });
  });
});
