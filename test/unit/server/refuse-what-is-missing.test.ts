import { expect, test } from "vitest";
import { BrokerConfig } from "../../../src/config/broker-config.ts";
import { refuseWhatIsMissing, warningsOfWhatIsMissing } from "../../../src/server/refuse-what-is-missing.ts";
import { StartupError } from "../../../src/server/startup-error.ts";

function configOf(overrides: Record<string, string>): BrokerConfig {
  const properties = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.bootstrap.servers": "localhost:9093",
    listeners: "PLAINTEXT://:9092,CONTROLLER://:9093",
    ...overrides,
  };
  return new BrokerConfig(new Map(Object.entries(properties)));
}

test("a node of one process with nothing that guards is served", () => {
  expect(() => refuseWhatIsMissing(configOf({ "authorizer.class.name": "" }))).not.toThrow();
});

test.each([
  ["authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"],
  ["create.topic.policy.class.name", "example.Policy"],
  ["config.providers", "file"],
  ["controller.quorum.voters", "1@localhost:9093,2@localhost:9094"],
  ["process.roles", "broker"],
  ["remote.log.storage.system.enable", "true"],
])("%s=%s stops the start by name", (name, value) => {
  const overrides: Record<string, string> = { [name]: value };
  if (value === "broker") overrides["listeners"] = "PLAINTEXT://:9092";
  expect(() => refuseWhatIsMissing(configOf(overrides))).toThrow(StartupError);
  expect(() => refuseWhatIsMissing(configOf(overrides))).toThrow(name);
});

test("what clients can do without is a warning, and so is what would secure connections and does not", () => {
  expect(warningsOfWhatIsMissing(configOf({ "metric.reporters": "", "num.io.threads": "4" }))).toEqual([]);
  const given = {
    "metric.reporters": "example.Reporter",
    "ssl.keystore.location": "/etc/keys",
    "listener.name.plaintext.scram-sha-256.sasl.jaas.config": "x",
  };
  expect(warningsOfWhatIsMissing(configOf(given))).toEqual([
    "metric.reporters has no effect: this version does not serve it",
    "Connections are neither encrypted nor authenticated, because no listener has TLS or SASL: ssl.keystore.location, listener.name.plaintext.scram-sha-256.sasl.jaas.config have no effect",
  ]);
});
