import { brokerKeys } from "../../config/broker-keys.ts";
import { clientMetricsKeys } from "../../config/client-metrics-config.ts";
import { type ConfigKey } from "../../config/config-key.ts";
import { groupKeys } from "../../config/group-keys.ts";
import { quotaKeys } from "../../config/quota-keys.ts";
import { topicKeys } from "../../config/topic-keys.ts";
import { commonOptions, type OptionTable } from "../options/option-table.ts";
import { type ParsedOptions } from "../options/parse-options.ts";

type Keys = Readonly<Record<string, ConfigKey>>;

const quotas = ["consumer_byte_rate", "controller_mutation_rate", "producer_byte_rate", "request_percentage"];
const namesByType: Readonly<Record<string, readonly string[]>> = {
  topics: namesOf(topicKeys, (key) => key.internal !== true),
  brokers: [
    ...namesOf(brokerKeys, (key) => key.update !== undefined && key.update !== "read-only"),
    ...namesOf(quotaKeys),
  ].sort(),
  users: ["SCRAM-SHA-256", "SCRAM-SHA-512", ...quotas],
  clients: quotas,
  ips: ["connection_creation_rate"],
  "client-metrics": namesOf(clientMetricsKeys),
  groups: namesOf(groupKeys),
};
const nameList = Object.entries(namesByType)
  .map(([type, names]) => `For entity-type '${type}': \n${names.map((name) => `\t${name}\n`).join("")}`)
  .join("");

function namesOf(keys: Keys, isListed: (key: ConfigKey) => boolean = () => true): string[] {
  return Object.keys(keys)
    .filter((name) => isListed(keys[name] as ConfigKey))
    .sort();
}

const text = { argument: "required" } as const;

/** The options of kafka-configs.sh. */
export const configsOptions = {
  ...commonOptions,
  "bootstrap-server": { ...text, description: "The Kafka servers to connect to.", placeholder: "server to connect to" },
  "bootstrap-controller": {
    ...text,
    description: "The Kafka controllers to connect to.",
    placeholder: "controller to connect to",
  },
  "command-config": {
    ...text,
    description:
      "Property file containing configs to be passed to Admin Client. This is used only with --bootstrap-server option for describing and altering broker configs.",
    placeholder: "command config property file",
  },
  alter: { description: "Alter the configuration for the entity." },
  describe: { description: "List configs for the given entity." },
  all: { description: "List all configs for the given entity, including static configs if available." },
  "entity-type": {
    ...text,
    description: "Type of entity (topics/clients/users/brokers/broker-loggers/ips/client-metrics/groups)",
  },
  "entity-name": {
    ...text,
    description: "Name of entity (topic name/client id/user principal name/broker id/ip/client metrics/group id)",
  },
  "entity-default": {
    description: "Default entity name for clients/users/brokers/ips (applies to corresponding entity type)",
  },
  "add-config": {
    ...text,
    description: `Key Value pairs of configs to add. Square brackets can be used to group values which contain commas: 'k1=v1,k2=[v1,v2,v2],k3=v3'. The following is a list of valid configurations: ${nameList}Entity types 'users' and 'clients' may be specified together to update config for clients of a specific user.`,
  },
  "add-config-file": {
    ...text,
    description: "Path to a properties file with configs to add. See add-config for a list of valid configurations.",
  },
  "delete-config": { ...text, description: "config keys to remove 'k1,k2'" },
  topic: { ...text, description: "The topic's name." },
  client: { ...text, description: "The client's ID." },
  "client-defaults": { description: "The config defaults for all clients." },
  user: { ...text, description: "The user's principal name." },
  "user-defaults": { description: "The config defaults for all users." },
  broker: { ...text, description: "The broker's ID." },
  "broker-defaults": { description: "The config defaults for all brokers." },
  "broker-logger": { ...text, description: "The broker's ID for its logger config." },
  "ip-defaults": { description: "The config defaults for all IPs." },
  ip: { ...text, description: "The IP address." },
  group: { ...text, description: "The group's ID." },
  "client-metrics": { ...text, description: "The client metrics config resource name." },
} as const satisfies OptionTable;

export type ConfigsOptions = ParsedOptions<typeof configsOptions>;
