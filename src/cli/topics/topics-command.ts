import { type Admin } from "../client/admin/admin.ts";
import { withAdmin } from "../client/admin/connect-admin.ts";
import { type Command } from "../command/run-command.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { alterTopics, createTopic, deleteTopics } from "./change-topics.ts";
import { describeTopics } from "./describe-topics.ts";
import { topicsNamed } from "./named-topics.ts";
import { checkTopicsOptions, type TopicsAction, type TopicsOptions } from "./topics-checks.ts";
import { topicsOptions } from "./topics-options.ts";

/** kafka-topics.sh */
export const topicsCommand: Command<typeof topicsOptions> = {
  options: topicsOptions,
  summary: "This tool helps to create, delete, describe, or change a topic.",
  summaryWithoutArguments: "Create, delete, describe, or change a topic.",
  explainsParseErrors: false,
  errorPrefix: ({ message }) => `${message}\n`,
  async run(options, terminal) {
    const action = checkTopicsOptions(options, terminal);
    const [bootstrapServers, propertiesFile] = [
      options.value("bootstrap-server") ?? "",
      options.value("command-config"),
    ];
    return withAdmin({ bootstrapServers, propertiesFile, terminal }, async (admin) => {
      try {
        await perform(action, admin, options, terminal);
        return 0;
      } catch (error) {
        const { message } = error as Error;
        terminal.print(`Error while executing topic command : ${message}\n`);
        terminal.log.error("org.apache.kafka.tools.TopicCommand", describeError(error as Error));
        return 1;
      }
    });
  },
};

async function perform(action: TopicsAction, admin: Admin, options: TopicsOptions, terminal: Terminal): Promise<void> {
  switch (action) {
    case "create":
      return createTopic(admin, options, terminal);
    case "alter":
      return alterTopics(admin, options);
    case "list":
      terminal.print(`${(await topicsNamed(admin, options)).join("\n")}\n`);
      return;
    case "describe":
      return describeTopics(admin, options, terminal);
    case "delete":
      return deleteTopics(admin, options);
  }
}
