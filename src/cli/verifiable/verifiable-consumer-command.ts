import { ArgumentError, type ArgumentTable } from "../arguments/argument-table.ts";
import { GivenArguments } from "../arguments/given-arguments.ts";
import { misuse } from "../arguments/misuse.ts";
import { missingOf, parseUntilCommand } from "../arguments/parse-arguments.ts";
import { connectConsumer } from "../client/consumer/connect-consumer.ts";
import { ClientError } from "../client/kafka-error.ts";
import { ClientProperties } from "../command/properties.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { ConsumedEvents } from "./consumed-events.ts";
import { eventPrinter } from "./events.ts";
import { propertiesFile } from "./properties-file.ts";
import { verifiableConsumerHelp } from "./verifiable-consumer-help.ts";

const source = "org.apache.kafka.tools.VerifiableConsumer";
const rangeAssignor = "org.apache.kafka.clients.consumer.RangeAssignor";
const foreverMs = 2 ** 31 - 1;
const integer = { takes: "value", type: "Integer" } as const;
const text = { takes: "value" } as const;

/** The options of kafka-verifiable-consumer.sh. */
export const verifiableConsumerArguments = {
  help: { short: "h", takes: "nothing", ends: true },
  "bootstrap-server": { ...text, isRequired: true },
  topic: { ...text, isRequired: true },
  "group-protocol": text,
  "group-remote-assignor": text,
  "group-id": { ...text, isRequired: true },
  "group-instance-id": text,
  "max-messages": integer,
  "session-timeout": integer,
  verbose: { takes: "nothing" },
  "enable-autocommit": { takes: "nothing" },
  "reset-policy": text,
  "assignment-strategy": text,
  "consumer.config": text,
  "command-config": text,
} as const satisfies ArgumentTable;

/** kafka-verifiable-consumer.sh: tells all that happens to a member of a group; resolves with the exit code. */
export async function verifiableConsumerCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.length === 0) {
    terminal.print(verifiableConsumerHelp);
    return 0;
  }
  try {
    const { given, endedBy } = parseUntilCommand(verifiableConsumerArguments, args, false);
    if (endedBy !== undefined) {
      terminal.print(verifiableConsumerHelp);
      // The Java tool takes the end by its help as a failure.
      return 1;
    }
    const missing = missingOf(verifiableConsumerArguments, given);
    if (missing !== undefined) throw missing;
    return await consume(new GivenArguments(given), terminal);
  } catch (error) {
    if (error instanceof ArgumentError)
      terminal.printError(misuse("verifiable-consumer", verifiableConsumerHelp, error));
    else terminal.printError(`Exception in thread "main" ${describeError(error as Error)}`);
    return 1;
  }
}

async function consume(given: GivenArguments, terminal: Terminal): Promise<number> {
  const properties = new ClientProperties(propertiesOf(given, terminal));
  const { cluster, consumer } = await connectConsumer(properties, given.text("topic") ?? "", terminal);
  const print = eventPrinter(terminal, cluster.ports.clock);
  consumer.onAssigned = (partitions) => print("partitions_assigned", { partitions });
  consumer.onRevoked = (partitions) => print("partitions_revoked", { partitions });
  let exitCode: number | undefined;
  terminal.onInterrupt((code) => {
    exitCode = code;
    print("shutdown_requested", {});
    consumer.wakeUp();
  });
  const events = new ConsumedEvents(print, given.has("verbose"), given.number("max-messages") ?? -1);
  const commits = !given.has("enable-autocommit");
  print("startup_complete", {});
  try {
    while (!events.isFinished) {
      await consumer.fill(foreverMs);
      if (consumer.isClosed) break;
      const offsets = events.take(consumer);
      if (offsets.length === 0 || !commits) continue;
      const problem = await consumer.commit(offsets).then(
        () => undefined,
        (error: unknown) => error as Error,
      );
      print("offsets_committed", {
        offsets,
        ...(problem === undefined ? {} : { error: problem.message }),
        success: problem === undefined,
      });
    }
  } catch (error) {
    terminal.log.error(source, "Error during processing, terminating consumer process: ", error as Error);
  }
  await consumer.close();
  cluster.close();
  print("shutdown_complete", {});
  // The Java tool's shutdown hook runs at every end.
  if (exitCode === undefined) print("shutdown_requested", {});
  return exitCode ?? 0;
}

function propertiesOf(given: GivenArguments, terminal: Terminal): Map<string, string> {
  const properties = propertiesFile(given, "consumer.config", terminal);
  const protocol = (given.text("group-protocol") ?? "classic").toUpperCase();
  if (protocol !== "CLASSIC" && protocol !== "CONSUMER") {
    throw new ClientError(
      "java.lang.IllegalArgumentException",
      `No enum constant org.apache.kafka.clients.consumer.GroupProtocol.${protocol}`,
    );
  }
  properties.set("group.protocol", protocol);
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined) properties.set(name, value);
  };
  if (protocol === "CONSUMER") set("group.remote.assignor", given.text("group-remote-assignor"));
  else set("partition.assignment.strategy", given.text("assignment-strategy") ?? rangeAssignor);
  set("session.timeout.ms", given.text("session-timeout"));
  set("group.id", given.text("group-id"));
  set("group.instance.id", given.text("group-instance-id"));
  set("bootstrap.servers", given.text("bootstrap-server"));
  set("enable.auto.commit", String(given.has("enable-autocommit")));
  set("auto.offset.reset", given.text("reset-policy") ?? "earliest");
  return properties;
}
