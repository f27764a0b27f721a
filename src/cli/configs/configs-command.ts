import { withAdmin } from "../client/admin/connect-admin.ts";
import { type Command } from "../command/run-command.ts";
import { describeError } from "../command/terminal.ts";
import { OptionError } from "../options/option-table.ts";
import { alterConfigs } from "./alter-configs.ts";
import { ConfigProblem } from "./config-problem.ts";
import { checkConfigsOptions } from "./configs-checks.ts";
import { configsOptions } from "./configs-options.ts";
import { describeConfigs } from "./describe-configs.ts";

/** kafka-configs.sh */
export const configsCommand: Command<typeof configsOptions> = {
  options: configsOptions,
  summary:
    "This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip, client-metrics or group",
  explainsParseErrors: false,
  errorPrefix: () => "",
  errorText(error, args) {
    if (error instanceof ConfigProblem || error instanceof OptionError) return `${error.message}\n`;
    return `Error while executing config command with args '${args.join(" ")}'\n${describeError(error)}`;
  },
  async run(options, terminal) {
    const entities = await checkConfigsOptions(options);
    const controllers = options.value("bootstrap-controller");
    const client = {
      bootstrapServers: controllers ?? options.value("bootstrap-server") ?? "",
      ofControllers: controllers !== undefined,
      propertiesFile: options.value("command-config"),
      terminal,
    };
    return withAdmin(client, async (admin) => {
      if (options.has("alter")) await alterConfigs(admin, entities, options, terminal);
      else await describeConfigs(admin, entities, options.has("all"), terminal);
      return 0;
    });
  },
};
