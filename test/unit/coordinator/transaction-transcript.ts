import { decodeTransactionRecord } from "../../../src/coordinator/transaction/transaction-records.ts";
import { isStatus, type TransactionStatus } from "../../../src/coordinator/transaction/transaction-status.ts";
import { type TopicPartition } from "../../../src/coordinator/transaction/transaction.ts";
import { type Logger } from "../../../src/io/ports.ts";
import { errorName, Errors, type ErrorName } from "../../../src/protocol/errors.ts";
import { onlyBatch } from "../../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { type Command, durationMs, parseCommand } from "../../support/scenarios/command.ts";
import { type ScenarioRun } from "../../support/scenarios/scenarios.ts";
import { TranscriptOutput } from "./transcript-output.ts";
import { TransactionWorld } from "./transaction-world.ts";

/** "topic-0" */
function partitionOf(text: string): TopicPartition {
  const dash = text.lastIndexOf("-");
  return { topic: text.slice(0, dash), partition: Number(text.slice(dash + 1)) };
}

function numberOf(value: string | undefined, fallback: number): number {
  return value === undefined ? fallback : Number(value);
}

/** Runs the commands of one scenario on the transactions of one world, and says what happened. */
export class TransactionTranscript implements ScenarioRun {
  readonly #startMs: number;
  readonly #world: TransactionWorld;
  readonly #output = new TranscriptOutput((value, name) => this.#wording(value, name));

  constructor(configLine: string) {
    const { options } = parseCommand(`config ${configLine}`);
    const config = Object.fromEntries(
      [...options].map(([name, value]) => [name, name.startsWith("is") ? value === "true" : durationMs(value)]),
    );
    this.#world = new TransactionWorld({ config, logger: this.#logger() });
    this.#startMs = this.#world.time.wallMs();
    this.#world.log.onAppend = (_partition, batch) => this.#printBatch(batch);
    this.#world.markers.onWrite = ({ partitions, isCommit, producerId, producerEpoch, ...rest }) => {
      const end = isCommit ? "commit" : "abort";
      const where = partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(" ");
      const by = `coordinator ${rest.coordinatorEpoch}, version ${rest.transactionVersion}`;
      this.#output.print(`marker ${end} ${producerId}:${producerEpoch} (${by}) ${where}`);
    };
  }

  start(): Promise<void> {
    return this.#world.elect();
  }

  run(line: string): Promise<string> {
    return this.#output.of(() => this.#dispatch(parseCommand(line)), this.#world.time);
  }

  compare(): Promise<{ loaded: object; live: object }> {
    return this.#world.compare();
  }

  async #dispatch(command: Command): Promise<void> {
    const { verb, words, options } = command;
    const { transactions, log, markers, time } = this.#world;
    switch (verb) {
      case "init":
        return this.#init(command);
      case "add": {
        const clientVersion = numberOf(options.get("version"), 2);
        const isPatient = words.at(-1) === "patiently";
        const request = {
          ...this.#partitionsOf({ ...command, words: isPatient ? words.slice(0, -1) : words }),
          clientVersion,
        };
        const added = isPatient ? transactions.addPartitionsPatiently(request) : transactions.addPartitions(request);
        return this.#answer("add", added);
      }
      case "verify":
        return this.#answer("verify", transactions.verifyPartitions(this.#partitionsOf(command)));
      case "end": {
        const clientVersion = numberOf(options.get("version"), 2);
        const isCommit = words[0] === "commit";
        return this.#answer(
          "end",
          transactions.endTransaction({ ...this.#producerOf(command), isCommit, clientVersion }),
        );
      }
      case "describe":
        return this.#answer("describe", transactions.describeTransactions(words));
      case "list":
        return this.#list(command);
      case "advance":
        return time.advance(durationMs(words[0]!));
      case "feature":
        this.#world.transactionVersion = Number(words[0]);
        return;
      case "reload":
        return this.#world.reload();
      case "resign":
        return this.#world.resign();
      case "elect":
        return this.#world.elect();
      case "seed":
        return this.#seed(command);
      case "fail":
        log.failNext = Errors[words[0]! as ErrorName];
        return;
      case "hold":
        log.isHeld = true;
        return;
      case "release":
        return log.release();
      case "hold-markers":
        markers.isHeld = true;
        return;
      case "release-markers":
        return markers.release();
      case "refuse-markers":
        markers.errors.clear();
        for (const [partition, error] of options) markers.errors.set(partition, Errors[error as ErrorName]);
        return;
      case "delete-topic":
        this.#world.deletedTopics.add(words[0]!);
        return;
      case "no-producer-ids":
        this.#world.isWithoutProducerIds = words[0] !== "over";
        return;
      default:
        throw new Error(`no such command: ${verb}`);
    }
  }

  #idOf({ options }: Command): string {
    return options.get("id") ?? "x";
  }

  /** p=1000:0 */
  #producerOf(command: Command): { transactionalId: string; producerId: number; producerEpoch: number } {
    const [producerId = -1, producerEpoch = -1] = (command.options.get("p") ?? "").split(":").map(Number);
    return { transactionalId: this.#idOf(command), producerId, producerEpoch };
  }

  #partitionsOf(command: Command) {
    return { ...this.#producerOf(command), partitions: command.words.map(partitionOf) };
  }

  #init(command: Command): void {
    const { options, words } = command;
    const { producerId, producerEpoch } = this.#producerOf(command);
    const call = {
      transactionalId: this.#idOf(command),
      timeoutMs: durationMs(options.get("timeout") ?? "60s"),
      expected: options.has("p") ? { producerId, producerEpoch } : undefined,
      enableTwoPhaseCommit: words.includes("2pc"),
      keepPreparedTransaction: words.includes("keep"),
    };
    this.#answer("init", this.#world.transactions.initProducer(call));
  }

  #list({ options }: Command): void {
    const filter = (name: string) => options.get(name)?.split(",") ?? [];
    const pattern = options.get("pattern");
    const request = {
      stateFilters: filter("states"),
      producerIdFilters: filter("producers").map(Number),
      durationFilter: options.has("duration") ? durationMs(options.get("duration")!) : -1,
      transactionalIdPattern: null,
    };
    const matches = (id: string) => pattern === undefined || new RegExp(`^${pattern}$`).test(id);
    this.#answer("list", this.#world.transactions.listMatching(request, matches));
  }

  /** A record in the log, of a coordinator before: it is loaded with the next `reload`. */
  #seed(command: Command): void {
    const { options, words } = command;
    const { producerId, producerEpoch, transactionalId } = this.#producerOf(command);
    const status = options.get("status") ?? "Empty";
    if (!isStatus(status)) throw new Error(`no status: ${status}`);
    const partitions = new Map<string, number[]>();
    for (const { topic, partition } of words.map(partitionOf)) {
      partitions.set(topic, [...(partitions.get(topic) ?? []), partition]);
    }
    const isOpen = ["Ongoing", "PrepareCommit", "PrepareAbort"].includes(status satisfies TransactionStatus);
    const transaction = {
      transactionalId,
      producerId,
      previousProducerId: numberOf(options.get("previous"), producerId),
      nextProducerId: numberOf(options.get("next"), -1),
      producerEpoch,
      lastProducerEpoch: -1,
      timeoutMs: durationMs(options.get("timeout") ?? "60s"),
      status,
      partitions,
      startedAtMs: isOpen ? this.#world.time.wallMs() : -1,
      updatedAtMs: this.#world.time.wallMs(),
      clientVersion: numberOf(options.get("version"), 2),
    };
    this.#world.seed({ transactionalId, transaction, version: this.#world.transactionVersion >= 1 ? 1 : 0 });
  }

  #answer(verb: string, response: unknown): void {
    this.#output.answer(verb, response, (settled) => this.#showAnswer(settled));
  }

  #showAnswer(response: unknown): string {
    if (typeof response === "number") return errorName(response);
    const isCodes = Array.isArray(response) && response.every((each) => typeof each === "number");
    return isCodes ? response.map((each) => errorName(each as number)).join(" ") : this.#output.show(response);
  }

  #printBatch(batch: Buffer): void {
    const view = onlyBatch(batch);
    for (const { offset, key, value } of recordsOf(view, payloadOf(view))) {
      const { transactionalId, transaction, version } = decodeTransactionRecord(key!, value)!;
      if (transaction === null) {
        this.#output.print(`@${offset} ${transactionalId} deleted`);
        continue;
      }
      const { producerId, producerEpoch, status, partitions, previousProducerId, nextProducerId } = transaction;
      const where = [...partitions].flatMap(([topic, indexes]) => indexes.map((index) => `${topic}-${index}`));
      const details = [
        ...(previousProducerId === producerId ? [] : [`previous ${previousProducerId}`]),
        ...(nextProducerId === -1 ? [] : [`next ${nextProducerId}`]),
        `timeout ${transaction.timeoutMs}`,
        `started ${this.#time(transaction.startedAtMs)}`,
        `updated ${this.#time(transaction.updatedAtMs)}`,
        `client version ${transaction.clientVersion}`,
      ];
      const name = `@${offset} v${version} ${transactionalId} ${producerId}:${producerEpoch}`;
      this.#output.print(`${name} ${status} [${where.join(" ")}] ${details.join(", ")}`);
    }
  }

  #logger(): Logger {
    const line = (fields: object, message: string) => {
      const error = "error" in fields ? ` (${String(fields.error)})` : "";
      this.#output.print(`log: ${message}${error}`);
    };
    const logger: Logger = { child: () => logger, debug: () => {}, info: line, warn: line, error: line };
    return logger;
  }

  #time(ms: number): string {
    return ms === -1 ? "never" : `+${ms - this.#startMs}`;
  }

  #wording(value: unknown, name: string): string | undefined {
    if (typeof value !== "number") return undefined;
    if (name === "errorCode") return errorName(value);
    return name === "transactionStartTimeMs" ? this.#time(value) : undefined;
  }
}
