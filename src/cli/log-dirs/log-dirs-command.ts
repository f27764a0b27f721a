import { type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { jsonString, longText } from "../../protocol/message-json.ts";
import { type Admin } from "../client/admin/admin.ts";
import { withAdmin } from "../client/admin/connect-admin.ts";
import { ClientError, executionError, KafkaError } from "../client/kafka-error.ts";
import { javaHashOrder, javaStringHash } from "../../base/java-hash.ts";
import { partitionHash } from "../command/java-hash-order.ts";
import { type Command } from "../command/run-command.ts";
import { type Terminal } from "../command/terminal.ts";
import { checkRequired } from "../options/checks.ts";
import { logDirsOptions } from "./log-dirs-options.ts";

type LogDirectory = ApiResponse<"describeLogDirs">["results"][number];

/** kafka-log-dirs.sh */
export const logDirsCommand: Command<typeof logDirsOptions> = {
  options: logDirsOptions,
  summary: "This tool helps to query log directory usage on the specified brokers.",
  explainsParseErrors: false,
  errorPrefix: ({ message }) => `${message}\n`,
  async run(options, terminal) {
    checkRequired(options, "bootstrap-server", "describe");
    const client = {
      bootstrapServers: options.value("bootstrap-server") ?? "",
      propertiesFile: options.value("command-config"),
      clientId: "log-dirs-tool",
      terminal,
    };
    return withAdmin(client, (admin) => {
      const topics = new Set(namesIn(options.value("topic-list")));
      return describe(admin, topics, namesIn(options.value("broker-list")).map(brokerId), terminal);
    });
  },
};

function namesIn(list: string | undefined): string[] {
  return (list ?? "").split(",").filter((name) => name !== "");
}

/** @throws ClientError */
function brokerId(text: string): number {
  const id = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (id === (id | 0)) return id;
  throw new ClientError("java.lang.NumberFormatException", `For input string: "${text}"`);
}

async function describe(
  admin: Admin,
  topics: ReadonlySet<string>,
  wanted: readonly number[],
  terminal: Terminal,
): Promise<number> {
  const live = inMapOrder([...(await admin.brokers.live().catch(executionError))]);
  const missing = inMapOrder(wanted.filter((id) => !live.includes(id)));
  if (missing.length > 0) {
    terminal.printError(
      `ERROR: The given brokers do not exist from --broker-list: ${missing.join(",")}. Current existent brokers: ${live.join(",")}\n`,
    );
    return 1;
  }
  const brokers = wanted.length === 0 ? live : inMapOrder(wanted);
  terminal.print("Querying brokers for log directories information\n");
  const found: string[] = [];
  await terminal.track({ what: "Querying brokers", total: brokers.length, unit: "brokers" }, async (tell) => {
    for (const id of brokers) {
      const directories = await admin.brokers.describeLogDirs(id).catch(executionError);
      found.push(
        `{"broker":${id},"logDirs":[${inDirectoryOrder(directories)
          .map((each) => json(each, topics))
          .join(",")}]}`,
      );
      await tell(found.length);
    }
  });
  terminal.print(`Received log directory information from brokers ${brokers.join(",")}\n`);
  terminal.print(`{"brokers":[${found.join(",")}],"version":1}\n`);
  return 0;
}

/** Members and lists stand in the order of the Java tool's maps. */
function json({ logDir, errorCode, topics }: LogDirectory, wanted: ReadonlySet<string>): string {
  const partitions = topics.flatMap(({ name, partitions: its }) =>
    its.map((each) => ({ ...each, topic: name, partition: each.partitionIndex })),
  );
  const shown = javaHashOrder(partitions, partitionHash).filter(({ topic }) => wanted.size === 0 || wanted.has(topic));
  const replicas = javaHashOrder(shown, partitionHash).map(
    ({ topic, partition, partitionSize, offsetLag, isFutureKey }) =>
      `{"partition":${jsonString(`${topic}-${partition}`)},"size":${longText(partitionSize)},"offsetLag":${longText(offsetLag)},"isFuture":${isFutureKey}}`,
  );
  const error = errorCode === Errors.NONE ? "null" : jsonString(new KafkaError(errorCode).kind);
  return `{"partitions":[${replicas.join(",")}],"error":${error},"logDir":${jsonString(logDir)}}`;
}

function inMapOrder(ids: readonly number[]): number[] {
  return javaHashOrder([...new Set(ids)], (id) => id);
}

function inDirectoryOrder(directories: readonly LogDirectory[]): LogDirectory[] {
  return javaHashOrder(directories, ({ logDir }) => javaStringHash(logDir), directories.length);
}
