import { type Admin } from "../client/admin/admin.ts";
import { executionError } from "../client/kafka-error.ts";
import { type Terminal } from "../command/terminal.ts";
import { configsToSet, keysToDelete } from "./changes.ts";
import { ConfigProblem, illegal } from "./config-problem.ts";
import { type ConfigResource, configResource } from "./config-resources.ts";
import { type ConfigsOptions } from "./configs-options.ts";
import { singular } from "./describe-configs.ts";
import { type Entities } from "./entities.ts";

/** Sets and deletes configurations of one entity. */
export async function alterConfigs(
  admin: Admin,
  { types, names }: Entities,
  options: ConfigsOptions,
  terminal: Terminal,
): Promise<void> {
  if (types.length !== names.length) throw illegal("An entity name must be specified for every entity type");
  const [type = "", name = ""] = [types[0], names[0]];
  const set = configsToSet(options);
  const deleted = keysToDelete(options);
  // The name of a topic is left to the broker.
  const resource = type === "topics" ? { ...configResource(type, "any"), name } : configResource(type, name);
  if (type === "broker-loggers") await checkLoggers(admin, resource, [...deleted, ...set.keys()]);
  await admin.configs.alter(resource, set, deleted).catch(executionError);
  terminal.print(
    name === ""
      ? `Completed updating default config for ${type} in the cluster.\n`
      : `Completed updating config for ${singular(type)} ${name}.\n`,
  );
}

async function checkLoggers(admin: Admin, resource: ConfigResource, names: readonly string[]): Promise<void> {
  const entries = await admin.configs.describe(resource).catch(executionError);
  const known = new Set(entries.map((entry) => entry.name));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new ConfigProblem(
    "org.apache.kafka.common.errors.InvalidConfigurationException",
    `Invalid broker logger(s): ${unknown.join(",")}`,
  );
}
