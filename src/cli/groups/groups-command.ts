import { withCluster } from "../client/admin/connect-admin.ts";
import { Admin } from "../client/admin/admin.ts";
import { type GroupListing, groupTypes } from "../client/admin/group-admin.ts";
import { ClientError } from "../client/kafka-error.ts";
import { readProperties } from "../command/properties.ts";
import { type Command } from "../command/run-command.ts";
import { describeError } from "../command/terminal.ts";
import { checkExclusive } from "../options/checks.ts";
import { UsageError } from "../options/option-table.ts";
import { type ParsedOptions } from "../options/parse-options.ts";
import { groupsOptions } from "./groups-options.ts";

type GroupsOptions = ParsedOptions<typeof groupsOptions>;

const timeoutMs = 30_000;
const widthMin = 20;

/** kafka-groups.sh */
export const groupsCommand: Command<typeof groupsOptions> = {
  options: groupsOptions,
  summary: "This tool helps to list groups of all types.",
  explainsParseErrors: true,
  errorPrefix: ({ message }) => `${message}\n`,
  async run(options, terminal) {
    if (!options.has("list")) throw new UsageError("Command must include exactly one action: --list.");
    const passes = filterOf(options);
    const client = {
      bootstrapServers: options.value("bootstrap-server") ?? "",
      propertiesFile: options.value("command-config"),
      terminal,
    };
    // A file that cannot be read is told of in another way than what comes after.
    if (client.propertiesFile !== undefined) readProperties(client.propertiesFile);
    try {
      const groups = await withCluster(client, (cluster) => new Admin(cluster, timeoutMs).groups.list());
      terminal.print(table(groups.filter(passes)));
      return 0;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      terminal.print(`Error while executing groups command : ${error.message}\n`);
      terminal.log.error("org.apache.kafka.tools.GroupsCommand", describeError(error));
      return 1;
    }
  },
};

/** @throws UsageError, ClientError */
function filterOf(options: GroupsOptions): (group: GroupListing) => boolean {
  const wanted = options.value("group-type");
  const type = wanted === undefined ? undefined : typeNamed(wanted);
  if (wanted !== undefined && type === undefined) {
    throw new ClientError("java.lang.IllegalArgumentException", "--group-type must be a valid group type.");
  }
  checkExclusive(options, "consumer", ["group-type", "protocol", "share", "streams"]);
  checkExclusive(options, "share", ["consumer", "group-type", "protocol", "streams"]);
  checkExclusive(options, "streams", ["consumer", "group-type", "protocol", "share"]);
  const protocol = options.value("protocol");
  if (type !== undefined) {
    return (group) => group.type === type && (protocol === undefined || group.protocolType === protocol);
  }
  if (protocol !== undefined) return (group) => group.protocolType === protocol;
  if (options.has("consumer")) {
    return ({ protocolType, type: its }) => protocolType === "consumer" || protocolType === "" || its === "Consumer";
  }
  if (options.has("share")) return (group) => group.type === "Share";
  if (options.has("streams")) return (group) => group.type === "Streams";
  return () => true;
}

function typeNamed(text: string): string | undefined {
  return groupTypes.find((type) => type.toLowerCase() === text.toLowerCase());
}

function table(groups: readonly GroupListing[]): string {
  const rows = groups.map(({ groupId, type, protocolType }) => [groupId, type, protocolType]);
  const width = Math.max(widthMin, ...rows.flat().map((text) => text.length));
  const heading = ["GROUP", "TYPE", "PROTOCOL"].map((text) => text.padEnd(width)).join(" ");
  const lines = rows.map((row) => row.map((text) => `${text.padEnd(width)} `).join(""));
  return [heading, ...lines].map((line) => `${line}\n`).join("");
}
