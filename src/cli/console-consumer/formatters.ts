import { type ConsumedRecord } from "../client/consumer/fetched-records.ts";
import { type ToolLog } from "../command/terminal.ts";
import { UsageError } from "../options/option-table.ts";
import { defaultFormatter, type Formatter } from "./default-formatter.ts";

const nothing = Buffer.alloc(0);
const prefix = "org.apache.kafka.tools.consumer.";

type CreateFormatter = (properties: ReadonlyMap<string, string>, log: ToolLog) => Formatter | Promise<Formatter>;

/** Kafka's formatters by class name. */
const formatters: Readonly<Record<string, CreateFormatter>> = {
  DefaultMessageFormatter: defaultFormatter,
  // What it logs besides is of level INFO, which the tools do not show.
  LoggingMessageFormatter: defaultFormatter,
  NoOpMessageFormatter: () => () => nothing,
  OffsetsMessageFormatter: () => coordinatorFormatter("offsets"),
  GroupMetadataMessageFormatter: () => coordinatorFormatter("groupMetadata"),
  TransactionLogMessageFormatter: () => coordinatorFormatter("transactions"),
};

/** @throws UsageError when there is no such class */
export async function formatterNamed(
  name: string,
  properties: ReadonlyMap<string, string>,
  log: ToolLog,
): Promise<Formatter> {
  const create = name.startsWith(prefix) ? formatters[name.slice(prefix.length)] : undefined;
  if (create === undefined) throw new UsageError(name);
  return create(properties, log);
}

async function coordinatorFormatter(kind: "offsets" | "groupMetadata" | "transactions"): Promise<Formatter> {
  const { formatCoordinatorRecord } = await import("./coordinator-records.ts");
  return (record: ConsumedRecord) => Buffer.from(formatCoordinatorRecord(record, kind));
}
