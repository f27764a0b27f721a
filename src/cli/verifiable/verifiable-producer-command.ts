import { ArgumentError, type ArgumentTable } from "../arguments/argument-table.ts";
import { GivenArguments } from "../arguments/given-arguments.ts";
import { misuse } from "../arguments/misuse.ts";
import { missingOf, parseUntilCommand } from "../arguments/parse-arguments.ts";
import { connectProducer } from "../client/producer/connect-producer.ts";
import { ClientError } from "../client/kafka-error.ts";
import { Throttle } from "../client/producer/throttle.ts";
import { ClientProperties } from "../command/properties.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { propertiesFile } from "./properties-file.ts";
import { eventPrinter } from "./events.ts";
import { verifiableProducerHelp } from "./verifiable-producer-help.ts";

const integer = { takes: "value", type: "Integer" } as const;
const text = { takes: "value" } as const;

/** The options of kafka-verifiable-producer.sh. */
export const verifiableProducerArguments = {
  help: { short: "h", takes: "nothing", ends: true },
  topic: { ...text, isRequired: true },
  "bootstrap-server": { ...text, group: "connection", isGroupRequired: true },
  "max-messages": integer,
  throughput: integer,
  acks: { ...integer, choices: ["0", "1", "-1"] },
  "producer.config": text,
  "message-create-time": { takes: "value", type: "Long" },
  "value-prefix": integer,
  "repeating-keys": integer,
  "command-config": text,
} as const satisfies ArgumentTable;

/** kafka-verifiable-producer.sh: sends growing numbers, and tells of each what became of it; resolves with the exit code. */
export async function verifiableProducerCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.length === 0) {
    terminal.print(verifiableProducerHelp);
    return 0;
  }
  try {
    const { given, endedBy } = parseUntilCommand(verifiableProducerArguments, args, false);
    if (endedBy !== undefined) {
      terminal.print(verifiableProducerHelp);
      // The Java tool takes the end by its help as a failure.
      return 1;
    }
    const missing = missingOf(verifiableProducerArguments, given);
    if (missing !== undefined) throw missing;
    return await produce(new GivenArguments(given), terminal);
  } catch (error) {
    if (error instanceof ArgumentError)
      terminal.printError(misuse("verifiable-producer", verifiableProducerHelp, error));
    else terminal.printError(`Exception in thread "main" ${describeError(error as Error)}`);
    return 1;
  }
}

async function produce(given: GivenArguments, terminal: Terminal): Promise<number> {
  const properties = new Map([
    ["bootstrap.servers", given.text("bootstrap-server") ?? ""],
    ["acks", String(given.number("acks") ?? -1)],
    // A failure is to be seen, and so is not tried again.
    ["retries", "0"],
    ...propertiesFile(given, "producer.config", terminal),
  ]);
  const { cluster, producer } = await connectProducer(new ClientProperties(properties), terminal);
  const { clock } = cluster.ports;
  const print = eventPrinter(terminal, clock);
  const perSecond = given.number("throughput") ?? -1;
  const countMax = given.number("max-messages") ?? -1;
  const createTime = given.number("message-create-time") ?? -1;
  const startMs = clock.wallMs();
  const sentAndAcked = { sent: 0, acked: 0 };
  let exitCode: number | undefined;
  const isStopped = () => exitCode !== undefined;
  let stop: () => void = () => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  terminal.onInterrupt((code) => {
    exitCode = code;
    stop();
  });
  const throttle = new Throttle(cluster.ports, perSecond);
  const topic = given.text("topic") ?? "";
  const [prefix, keyCount] = [given.number("value-prefix"), given.number("repeating-keys")];
  let timestamp = createTime === -1 ? undefined : createTime;
  print("startup_complete", {});
  const count = countMax < 0 ? Number.POSITIVE_INFINITY : countMax;
  for (let index = 0; index < count; index++) {
    if (isStopped()) break;
    const sentMs = clock.wallMs();
    const key = keyCount === undefined ? null : String(keyCount > 0 ? index % keyCount : index);
    const value = prefix === undefined ? String(index) : `${prefix}.${index}`;
    const record = { key: key === null ? null : Buffer.from(key), value: Buffer.from(value) };
    sentAndAcked.sent++;
    const appended = producer.append(
      topic,
      timestamp === undefined ? record : { ...record, timestamp },
      (error, placed) => {
        if (error === undefined) {
          sentAndAcked.acked++;
          print("producer_send_success", { key, value, offset: placed?.offset, topic, partition: placed?.partition });
        } else {
          const kind = error instanceof ClientError ? error.kind : "java.lang.Exception";
          print("producer_send_error", { exception: `class ${kind}`, key, value, topic, message: error.message });
        }
      },
    );
    await Promise.race([appended, stopped]);
    if (timestamp !== undefined) timestamp += clock.wallMs() - startMs;
    const pause = throttle.after(index, sentMs);
    if (pause !== undefined) await Promise.race([pause, stopped]);
  }
  await producer.close();
  print("shutdown_complete", {});
  print("tool_data", {
    ...sentAndAcked,
    target_throughput: perSecond,
    avg_throughput: (1000 * sentAndAcked.acked) / (clock.wallMs() - startMs),
  });
  cluster.close();
  return exitCode ?? 0;
}
