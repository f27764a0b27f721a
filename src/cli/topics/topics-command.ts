import { Admin } from "../client/admin.ts";
import { Cluster } from "../client/cluster.ts";
import { ClientError, ConfigurationError } from "../client/kafka-error.ts";
import { nodeClientPorts } from "../client/node-client-ports.ts";
import { ClientProperties, readProperties } from "../command/properties.ts";
import { type Command } from "../command/run-command.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { alterTopics, createTopic, deleteTopics } from "./change-topics.ts";
import { describeTopics } from "./describe-topics.ts";
import { topicsNamed } from "./named-topics.ts";
import { checkTopicsOptions, type TopicsAction, type TopicsOptions } from "./topics-checks.ts";
import { topicsOptions } from "./topics-options.ts";

const requestTimeoutMs = 30_000;
const apiTimeoutMs = 60_000;
const retryBackoffMs = 100;

/** kafka-topics.sh */
export const topicsCommand: Command<typeof topicsOptions> = {
  options: topicsOptions,
  summary: "This tool helps to create, delete, describe, or change a topic.",
  summaryWithoutArguments: "Create, delete, describe, or change a topic.",
  explainsParseErrors: false,
  errorPrefix: ({ message }) => `${message}\n`,
  async run(options, terminal) {
    const action = checkTopicsOptions(options, terminal);
    const { cluster, timeoutMs } = await connect(options, terminal);
    try {
      await perform(action, new Admin(cluster, timeoutMs), options, terminal);
      return 0;
    } catch (error) {
      const { message } = error as Error;
      terminal.print(`Error while executing topic command : ${message}\n`);
      terminal.log.error("org.apache.kafka.tools.TopicCommand", describeError(error as Error));
      return 1;
    } finally {
      cluster.close();
    }
  },
};

async function connect(options: TopicsOptions, terminal: Terminal): Promise<{ cluster: Cluster; timeoutMs: number }> {
  const file = options.value("command-config");
  const properties = new ClientProperties(file === undefined ? new Map() : readProperties(file));
  const clientId = properties.text("client.id") ?? "adminclient-1";
  try {
    const cluster = await Cluster.create(nodeClientPorts, {
      bootstrapServers: options.value("bootstrap-server") ?? "",
      clientId,
      logPrefix: `[AdminClient clientId=${clientId}]`,
      isAdmin: true,
      requestTimeoutMs: properties.number("request.timeout.ms", requestTimeoutMs),
      retryBackoffMs: properties.number("retry.backoff.ms", retryBackoffMs),
      log: terminal.log,
    });
    return { cluster, timeoutMs: properties.number("default.api.timeout.ms", apiTimeoutMs) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ClientError(
      "org.apache.kafka.common.KafkaException",
      "Failed to create new KafkaAdminClient",
      false,
      error,
    );
  }
}

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
