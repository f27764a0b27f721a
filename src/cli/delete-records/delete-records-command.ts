import { withAdmin } from "../client/admin/connect-admin.ts";
import { ClientError, KafkaError } from "../client/kafka-error.ts";
import { partitionName } from "../client/topic-partition.ts";
import { type Terminal } from "../command/terminal.ts";
import { errorName, Errors } from "../../protocol/errors.ts";
import { type Command } from "../command/run-command.ts";
import { checkRequired } from "../options/checks.ts";
import { longText } from "../../protocol/message-json.ts";
import { deleteRecordsOptions } from "./delete-records-options.ts";
import { readOffsetFile, type RecordsToDelete } from "./offset-file.ts";
import { type Admin } from "../client/admin/admin.ts";

/** kafka-delete-records.sh */
export const deleteRecordsCommand: Command<typeof deleteRecordsOptions> = {
  options: deleteRecordsOptions,
  summary: "This tool helps to delete records of the given partitions down to the specified offset.",
  explainsParseErrors: false,
  errorPrefix: ({ message }) => `${message}\n`,
  async run(options, terminal) {
    checkRequired(options, "bootstrap-server", "offset-json-file");
    const client = {
      bootstrapServers: options.value("bootstrap-server") ?? "",
      propertiesFile: options.value("command-config"),
      terminal,
    };
    return withAdmin(client, async (admin) => {
      const wanted = readOffsetFile(options.value("offset-json-file") ?? "");
      terminal.print("Executing records delete operation\n");
      await terminal.track({ what: "Deleting records", total: wanted.length, unit: "partitions" }, async (tell) => {
        let done = 0;
        const results = wanted.map(async (each) => {
          const result = await resultOf(admin, each, terminal);
          await tell(++done);
          return result;
        });
        terminal.print("Records delete operation completed:\n");
        for (const result of results) terminal.print(await result);
      });
      return 0;
    });
  },
};

async function resultOf(admin: Admin, wanted: RecordsToDelete, terminal: Terminal): Promise<string> {
  try {
    const lowWatermark = await admin.topics.deleteRecords(wanted.topic, wanted.partition, wanted.offset);
    return `partition: ${partitionName(wanted)}\tlow_watermark: ${longText(lowWatermark)}\n`;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (error instanceof KafkaError) {
      const what = error.code === Errors.TOPIC_AUTHORIZATION_FAILED ? "an error" : "an unexpected error";
      terminal.log.error(
        "org.apache.kafka.clients.admin.internals.DeleteRecordsHandler",
        `[AdminClient clientId=adminclient-1] DeleteRecords request for topic partition ${partitionName(wanted)} failed due to ${what} ${errorName(error.code)}`,
      );
    }
    return `partition: ${partitionName(wanted)}\terror: ${error.kind}: ${error.message}\n`;
  }
}
