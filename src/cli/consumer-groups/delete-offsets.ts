import { javaHashOrder } from "../../base/java-hash.ts";
import { errorName, Errors } from "../../protocol/errors.ts";
import { ClientError, KafkaError } from "../client/kafka-error.ts";
import { partitionName, type TopicPartition } from "../client/topic-partition.ts";
import { partitionHash } from "../command/java-hash-order.ts";
import { type Terminal } from "../command/terminal.ts";
import { type GroupContext, printError } from "./group-context.ts";
import { table, widthOf } from "./table.ts";
import { namedPartitions } from "./topic-arguments.ts";

interface Outcome extends TopicPartition {
  readonly error: ClientError | undefined;
}

/** Stands for a topic as a whole. */
const noPartition = -1;

const groupProblems = new Set<number>([
  Errors.INVALID_GROUP_ID,
  Errors.GROUP_ID_NOT_FOUND,
  Errors.GROUP_AUTHORIZATION_FAILED,
  Errors.NON_EMPTY_GROUP,
]);
const partitionProblems = new Set<number>([
  Errors.GROUP_SUBSCRIBED_TO_TOPIC,
  Errors.TOPIC_AUTHORIZATION_FAILED,
  Errors.UNKNOWN_TOPIC_OR_PARTITION,
]);

/** `--delete-offsets` */
export async function deleteOffsets(context: GroupContext): Promise<void> {
  const { options, terminal } = context;
  const groupId = options.value("group") ?? "";
  const topics = options.all("topic");
  const partitions = topics.filter((topic) => topic.includes(":")).flatMap(namedPartitions);
  const outcomes: Outcome[] = [];
  for (const topic of new Set(topics.filter((name) => !name.includes(":")))) {
    try {
      const [found] = await context.describeTopics([topic]);
      partitions.push(...(found?.partitions ?? []).map(({ index }) => ({ topic, partition: index })));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      outcomes.push({ topic, partition: noPartition, error });
    }
  }
  const wanted = [...new Map(partitions.map((each) => [partitionName(each), each])).values()];
  const results = await context.groups.deleteOffsets(groupId, wanted);
  const errorOf = (partition: TopicPartition) =>
    results instanceof ClientError ? results : results.get(partitionName(partition));
  const first =
    results instanceof ClientError ? results : javaHashOrder(wanted, partitionHash).map(errorOf).find(Boolean);
  sumUp(terminal, groupId, first);
  outcomes.push(...wanted.map((partition) => ({ ...partition, error: errorOf(partition) })));
  print(terminal, outcomes);
}

function sumUp(terminal: Terminal, groupId: string, error: ClientError | undefined): void {
  if (error === undefined) {
    terminal.print(`Request succeeded for deleting offsets from group ${groupId}.\n`);
    return;
  }
  const code = error instanceof KafkaError ? error.code : Errors.UNKNOWN_SERVER_ERROR;
  if (groupProblems.has(code)) printError(terminal, new KafkaError(code).message);
  else if (partitionProblems.has(code)) {
    printError(terminal, "Encountered some partition-level error, see the follow-up details.");
  } else printError(terminal, `Encountered some unknown error: ${errorName(code)}`);
}

function print(terminal: Terminal, outcomes: readonly Outcome[]): void {
  const keyed = outcomes.map((outcome) => ({ key: `${outcome.topic}${outcome.partition}`, outcome }));
  keyed.sort((one, other) => (one.key < other.key ? -1 : one.key === other.key ? 0 : 1));
  const rows = keyed.map(({ outcome }) => outcome);
  const columns = [
    {
      title: "TOPIC",
      width: widthOf(
        15,
        rows.map(({ topic }) => topic),
      ),
      of: ({ topic }: Outcome) => topic,
    },
    {
      title: "PARTITION",
      width: 10,
      of: ({ partition }: Outcome) => (partition === noPartition ? "-" : String(partition)),
    },
    {
      title: "STATUS",
      width: 15,
      of: ({ error }: Outcome) => (error === undefined ? "Successful" : `Error: ${error.kind}: ${error.message}`),
    },
  ];
  terminal.print(`\n${table(columns, rows).join("\n")}\n`);
}
