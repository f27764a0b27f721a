import { re2Problem } from "../../base/re2.ts";
import { withCluster } from "../client/admin/connect-admin.ts";
import { ClientError } from "../client/kafka-error.ts";
import { type Command } from "../command/run-command.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { OptionError, UsageError } from "../options/option-table.ts";
import { checkConsumerGroupsOptions, type ConsumerGroupsAction } from "./consumer-groups-checks.ts";
import { consumerGroupsOptions, type ConsumerGroupsOptions } from "./consumer-groups-options.ts";
import { deleteGroups } from "./delete-groups.ts";
import { deleteOffsets } from "./delete-offsets.ts";
import { describeGroups } from "./describe-groups.ts";
import { GroupContext, printError } from "./group-context.ts";
import { listGroups } from "./list-groups.ts";
import { resetOffsets } from "./reset-offsets.ts";

const illegalArguments = new Set(["java.lang.IllegalArgumentException", "java.lang.NumberFormatException"]);

/** kafka-consumer-groups.sh */
export const consumerGroupsCommand: Command<typeof consumerGroupsOptions> = {
  options: consumerGroupsOptions,
  summary:
    "This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or reset consumer group offsets.",
  explainsParseErrors: false,
  errorPrefix: () => 'Exception in thread "main" ',
  async run(options, terminal) {
    const action = checkConsumerGroupsOptions(options, terminal);
    if (action === "validate-regex") {
      validateRegex(options.value("validate-regex") ?? "", terminal);
      return 0;
    }
    const client = {
      bootstrapServers: options.value("bootstrap-server") ?? "",
      propertiesFile: options.value("command-config"),
      terminal,
    };
    try {
      await withCluster(client, async (cluster) => {
        await perform(action, new GroupContext(options, terminal, cluster, timeoutOf(options)));
      });
    } catch (error) {
      if (!(error instanceof ClientError || error instanceof OptionError)) throw error;
      if (illegalArguments.has(error.kind)) throw new UsageError(error.message);
      printError(terminal, `Executing consumer group command failed due to ${error.message}`);
      terminal.printError(describeError(error));
    }
    // Whatever became of the action: scripts know it by what was printed.
    return 0;
  },
};

/** Reads every number, in the order of the Java tool, whether or not the action is to use it. @throws OptionError */
function timeoutOf(options: ConsumerGroupsOptions): number {
  options.values("to-offset");
  options.value("by-duration");
  options.value("shift-by");
  return options.value("timeout") ?? 0;
}

async function perform(action: ConsumerGroupsAction, context: GroupContext): Promise<void> {
  switch (action) {
    case "list":
      return listGroups(context);
    case "describe":
      return describeGroups(context);
    case "delete":
      return deleteGroups(context);
    case "reset-offsets":
      return resetOffsets(context);
    case "delete-offsets":
      return deleteOffsets(context);
    case "validate-regex":
  }
}

function validateRegex(regex: string, terminal: Terminal): void {
  const problem = re2Problem(regex);
  terminal.print(
    problem === undefined
      ? `The regular expression \`${regex}\` is valid.\n`
      : `The regular expression \`${regex}\` is invalid: ${problem}.\n`,
  );
}
