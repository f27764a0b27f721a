import { type Admin } from "../client/admin/admin.ts";
import { executionError } from "../client/kafka-error.ts";
import { javaMapOrder } from "../command/java-hash-order.ts";
import { type Terminal } from "../command/terminal.ts";
import { checkTopicName, configResource, sourceName } from "./config-resources.ts";
import { type Entities } from "./entities.ts";

/** Prints the configurations of the entities: those that were set for them, or all. */
export async function describeConfigs(
  admin: Admin,
  entities: Entities,
  isAll: boolean,
  terminal: Terminal,
): Promise<void> {
  const type = entities.types[0] ?? "";
  const name = entities.names[0];
  // Refuses the types that have no resources.
  if (name === undefined) configResource(type, type === "topics" ? "any" : "");
  if (name !== undefined && !isAll && !(await exists(admin, type, name))) {
    terminal.print(`The ${singular(type)} '${name}' doesn't exist and doesn't have dynamic config.\n`);
    return;
  }
  for (const entity of name === undefined ? await allOf(admin, type) : [name]) {
    terminal.print(
      entity === ""
        ? `Default configs for ${type} in the cluster are:\n`
        : `${isAll ? "All" : "Dynamic"} configs for ${singular(type)} ${entity} are:\n`,
    );
    const resource = configResource(type, entity);
    const entries = await admin.configs.describe(resource).catch(executionError);
    entries
      .filter((entry) => isAll || resource.dynamicSource === undefined || entry.configSource === resource.dynamicSource)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .forEach((entry) => {
        const synonyms = entry.synonyms.map((each) => `${sourceName(each.source)}:${each.name}=${each.value}`);
        terminal.print(
          `  ${entry.name}=${entry.value} sensitive=${entry.isSensitive} synonyms={${synonyms.join(", ")}}\n`,
        );
      });
  }
}

export function singular(type: string): string {
  return type.slice(0, -1);
}

async function exists(admin: Admin, type: string, name: string): Promise<boolean> {
  if (type === "topics") checkTopicName(name);
  const isBrokerType = type === "brokers" || type === "broker-loggers";
  return (isBrokerType && name === "") || (await allOf(admin, type)).includes(name);
}

/** Every entity of the type that is there, in the order of the Java tool. */
async function allOf(admin: Admin, type: string): Promise<string[]> {
  switch (type) {
    case "topics": {
      const topics = await admin.topics.list().catch(executionError);
      return javaMapOrder(topics.map(({ name }) => name));
    }
    case "brokers":
    case "broker-loggers": {
      const brokers = await admin.brokers.live().catch(executionError);
      return [...[...brokers].map(String), ""];
    }
    case "client-metrics":
      return admin.configs.resources(configResource(type, "").code).catch(executionError);
    case "groups": {
      const groups = await admin.groups.list().catch(executionError);
      const configured = await admin.configs.resources(configResource(type, "").code).catch(executionError);
      return [...new Set([...groups.map(({ groupId }) => groupId), ...configured])];
    }
    default:
      return configResource(type, "") && [];
  }
}
