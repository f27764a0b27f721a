import { lookup } from "node:dns/promises";
import { checkExclusive } from "../options/checks.ts";
import { UsageError } from "../options/option-table.ts";
import { illegal, isBrokerId } from "./config-problem.ts";
import { type ConfigsOptions } from "./configs-options.ts";
import { entitiesOf, type Entities, entityTypes } from "./entities.ts";

/** What may be the default of its type. */
const typesWithDefaults = ["users", "clients", "brokers", "ips"];

/**
 * Checks which options were given together, in the order in which the Java tool does.
 * @throws UsageError, ClientError
 */
export async function checkConfigsOptions(options: ConfigsOptions): Promise<Entities> {
  if (options.has("alter") === options.has("describe")) {
    throw new UsageError("Command must include exactly one action: --describe, --alter");
  }
  checkExclusive(options, "describe", ["alter", "add-config", "delete-config"]);
  const entities = entitiesOf(options);
  checkTypes(options, entities);
  if (options.has("bootstrap-server") && options.has("bootstrap-controller")) {
    throw illegal("Only one of --bootstrap-server or --bootstrap-controller can be specified");
  }
  await checkNames(options, entities);
  if (options.has("describe")) checkDescribe(options, entities);
  else checkAlter(options, entities);
  return entities;
}

function checkTypes(options: ConfigsOptions, { types, hasFlag }: Entities): void {
  const repeated = types.filter((type, index) => types.indexOf(type) !== index);
  if (repeated.length > 0) throw illegal(`Duplicate entity type(s) specified: ${repeated.join(",")}`);
  if (!options.has("bootstrap-server") && !options.has("bootstrap-controller")) {
    throw illegal("Either --bootstrap-server or --bootstrap-controller must be specified.");
  }
  const unknown = types.find((type) => !(entityTypes as readonly string[]).includes(type));
  if (unknown !== undefined) {
    throw illegal(
      `Invalid entity type ${unknown}, the entity type must be one of ${entityTypes.join(", ")} with a --bootstrap-server or --bootstrap-controller argument`,
    );
  }
  if (types.length === 0) throw illegal("At least one entity type must be specified");
  if (types.length > 1 && !(types.length === 2 && types.includes("users") && types.includes("clients"))) {
    throw illegal("Only 'users' and 'clients' entity types may be specified together");
  }
  const hasGeneral = options.has("entity-name") || options.has("entity-type") || options.has("entity-default");
  if (hasGeneral && hasFlag) {
    throw illegal("--entity-{type,name,default} should not be used in conjunction with specific entity flags");
  }
}

async function checkNames(options: ConfigsOptions, { types, names }: Entities): Promise<void> {
  if (!names.some((name) => name !== "")) return;
  if (types.includes("brokers") || types.includes("broker-loggers")) {
    for (const option of ["entity-name", "broker", "broker-logger"] as const) {
      const id = options.value(option);
      if (id !== undefined && !isBrokerId(id)) {
        throw illegal(`The entity name for ${types[0]} must be a valid integer broker id, but it is: ${id}`);
      }
    }
  }
  if (!types.includes("ips")) return;
  for (const option of ["entity-name", "ip"] as const) {
    const address = options.value(option);
    if (address === undefined) continue;
    await lookup(address).catch(() => {
      throw illegal(`The entity name for ${types[0]} must be a valid IP or resolvable host, but it is: ${address}`);
    });
  }
}

function checkDescribe(options: ConfigsOptions, { types, names }: Entities): void {
  if (options.has("entity-default") && !types.some((type) => typesWithDefaults.includes(type))) {
    throw illegal(`--entity-default must not be specified with --describe of ${types.join(",")}`);
  }
  if (types.includes("broker-loggers") && !names.some((name) => name !== "")) {
    throw illegal(`An entity name must be specified with --describe of ${types.join(",")}`);
  }
}

function checkAlter(options: ConfigsOptions, { types, names }: Entities): void {
  const hasName = names.some((name) => name !== "");
  if (types.some((type) => typesWithDefaults.includes(type))) {
    if (names.length === 0) {
      throw illegal(
        "An entity-name or default entity must be specified with --alter of users, clients, brokers or ips",
      );
    }
  } else if (!hasName) {
    throw illegal(`An entity name must be specified with --alter of ${types.join(",")}`);
  }
  if (options.has("add-config") && options.has("add-config-file")) {
    throw illegal("Only one of --add-config or --add-config-file must be specified");
  }
  if (!options.has("add-config") && !options.has("add-config-file") && !options.has("delete-config")) {
    throw illegal("At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter");
  }
}
