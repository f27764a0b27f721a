import { BrokerConfig } from "../../src/config/broker-config.ts";

/** A broker and controller in one process, with the least that such a node has to be told, and `overrides`. */
export function nodeConfig(overrides: Readonly<Record<string, string>> = {}): BrokerConfig {
  const properties = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": "1@localhost:9093",
    listeners: "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
    "controller.listener.names": "CONTROLLER",
    ...overrides,
  };
  return new BrokerConfig(new Map(Object.entries(properties)));
}
