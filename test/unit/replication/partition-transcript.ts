import { Errors, errorName, type ErrorCode, type ErrorName } from "../../../src/protocol/errors.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { ControlType, parseControlRecord } from "../../../src/protocol/records/control-records.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { type Log } from "../../../src/log/log.ts";
import { type ProducerSettings } from "../../../src/log/producers/producer-state.ts";
import { type Partition } from "../../../src/replication/partition.ts";
import { produceTransactionSupport } from "../../../src/replication/transaction-verification.ts";
import { markerBatch } from "../../../src/server/local-transaction-markers.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { type Command, durationMs, parseCommand } from "../../support/scenarios/command.ts";
import { type ScenarioRun } from "../../support/scenarios/scenarios.ts";
import { batch } from "../log/batches.ts";
import { openLog } from "../log/open-log.ts";
import { openReplicas, registration } from "./replicas.ts";
import { openVerification } from "./verification.ts";

const logPath = "/data/topic-0";

/** One partition under a script: producers write transactions to it, a coordinator verifies and ends them. */
export class PartitionTranscript implements ScenarioRun {
  readonly #settings: ProducerSettings = { verifiesTransactions: true };
  readonly #opened = openReplicas(new MemoryDisk(), { segmentMs: 60_000 }, { producerSettings: this.#settings });
  readonly #partition: Partition = this.#opened.host();
  readonly #startMs = this.#opened.time.wallMs();
  #output: string[] = [];
  #requests = 0;
  /** What the coordinator says at once; undefined while it is slow. */
  #coordinator: ErrorCode | undefined = Errors.NONE;
  readonly #waiting: ((code: ErrorCode) => void)[] = [];
  readonly #verification = openVerification(
    this.#opened.time,
    ({ verifyOnly }) => {
      this.#output.push(verifyOnly ? "the coordinator is asked" : "the coordinator is asked to add the partition");
      return this.#coordinator ?? new Promise<ErrorCode>((resolve) => void this.#waiting.push(resolve));
    },
    () => this.#settings.verifiesTransactions,
  ).verification;

  constructor(config: string) {
    const { options } = parseCommand(`config ${config}`);
    this.#settings.verifiesTransactions = options.get("verification") !== "off";
  }

  start(): Promise<void> {
    return this.#opened.time.settle();
  }

  async run(line: string): Promise<string> {
    this.#output = [];
    this.#dispatch(parseCommand(line));
    await this.#opened.time.settle();
    this.#output.push(stateOf(this.#partition.log));
    return this.#output.join("\n");
  }

  /** The log as it would be loaded after a kill of the process knows the same producers and aborted transactions. */
  compare(): Promise<{ loaded: object; live: object }> {
    const { log } = this.#partition;
    const { logStartOffset } = log;
    const loaded = openLog(copyOf(this.#opened.disk as MemoryDisk), {}, { dir: logPath, logStartOffset }).log;
    return Promise.resolve({ loaded: contentsOf(loaded), live: contentsOf(log) });
  }

  #dispatch(command: Command): void {
    const { verb, words, options } = command;
    const { log } = this.#partition;
    switch (verb) {
      case "coordinator":
        this.#coordinator = words[0] === "slow" ? undefined : Errors[words[0] as ErrorName];
        return;
      case "answer":
        for (const resolve of this.#waiting.splice(0)) resolve(Errors[words[0] as ErrorName]);
        return;
      case "produce":
        return void this.#produce(command);
      case "marker":
        return this.#marker(command);
      case "isr":
        return this.#partition.update(registration({ replicas: [1, 2], isr: words.map(Number) }));
      case "read":
        return this.#read(Number(options.get("from") ?? log.logStartOffset), words[0] === "committed");
      case "delete-before":
        return this.#say(`log start ${this.#partition.deleteRecordsBefore(Number(words[0])).lowWatermark}`);
      case "truncate":
        log.truncateTo(Number(words[0]));
        return;
      case "roll":
        log.roll();
        return;
      case "expire":
        return log.producerState.expire(this.#opened.time.wallMs(), durationMs(words[0]!));
      case "advance":
        return void this.#opened.time.advance(durationMs(words[0]!));
      // From here on a load knows more than memory does.
      case "hold":
        return;
      case "describe":
        return this.#describe();
      default:
        throw new Error(`no command: ${verb}`);
    }
  }

  async #produce({ words, options }: Command): Promise<void> {
    const request = ++this.#requests;
    const [producerId, producerEpoch, baseSequence] = numbersOf(words[0]!);
    const version = Number(options.get("version") ?? 9);
    const isTransactional = !words.includes("plain");
    const count = Number(options.get("count") ?? 1);
    const say = (outcome: string): void => this.#say(`#${request} ${outcome}`);
    let guard = null;
    if (isTransactional) {
      const [verified] = await this.#verification.start({
        transactionalId: "id",
        producerId,
        producerEpoch,
        support: produceTransactionSupport(version),
        partitions: [{ partition: this.#partition, baseSequence }],
      });
      if (verified!.errorCode !== Errors.NONE) return say(`not verified: ${errorName(verified!.errorCode)}`);
      guard = verified!.guard;
    }
    const records = batch({ producerId, producerEpoch, baseSequence, isTransactional, count });
    const result = this.#partition.appendAsLeader(records, "client", this.#opened.time.wallMs(), { guard });
    if (!result.ok) return say(errorName(result.error));
    say(`${result.baseOffset}..${result.lastOffset}${result.duplicate ? " again" : ""}`);
  }

  #marker({ words, options }: Command): void {
    const [producerId, producerEpoch] = numbersOf(words[0]!);
    const coordinatorEpoch = Number(options.get("coordinator") ?? 0);
    const transactionVersion = Number(options.get("tv") ?? 0);
    const marker = { producerId, producerEpoch, coordinatorEpoch, isCommit: words.includes("commit") };
    const nowMs = this.#opened.time.wallMs();
    const result = this.#partition.appendAsLeader(markerBatch(marker, nowMs), "coordinator", nowMs, {
      transactionVersion,
    });
    this.#say(result.ok ? `marker at ${result.baseOffset}` : errorName(result.error));
  }

  #read(from: number, isCommitted: boolean): void {
    const { log } = this.#partition;
    const bound = this.#partition.bound(isCommitted ? "lastStable" : "highWatermark");
    let end = from;
    for (let next = from; next < bound;) {
      const result = log.read(next, 10_000, bound, true);
      if (!result.ok) return this.#say(errorName(result.error));
      if (result.records.length === 0) break;
      for (const { baseOffset, lastOffset, isControl, producerId } of batches(result.records)) {
        this.#say(`${baseOffset}..${lastOffset} of ${producerId}${isControl ? " marker" : ""}`);
      }
      end = next = result.endOffset;
    }
    const aborted = log.abortedTransactions(from, end);
    if (typeof aborted === "number") return this.#say(errorName(aborted));
    for (const { producerId, firstOffset } of isCommitted ? aborted : []) {
      this.#say(`aborted: ${producerId} from ${firstOffset}`);
    }
  }

  #describe(): void {
    for (const entry of this.#partition.log.producerState.entries()) {
      const { producerId, producerEpoch, lastSequence, coordinatorEpoch, transactionFirstOffset, lastTimestamp } =
        entry;
      const times = `time +${lastTimestamp - this.#startMs}`;
      const transaction = transactionFirstOffset < 0 ? "" : ` transaction from ${transactionFirstOffset}`;
      this.#say(
        `${producerId}/${producerEpoch} sequence ${lastSequence} coordinator ${coordinatorEpoch} ${times}${transaction}`,
      );
    }
  }

  #say(line: string): void {
    this.#output.push(line);
  }
}

function numbersOf(text: string): [producerId: number, epoch: number, sequence: number] {
  const [producerId = 0, epoch = 0, sequence = -1] = text.split("/").map(Number);
  return [producerId, epoch, sequence];
}

function stateOf(log: Log): string {
  const { logStartOffset, lastStableOffset, highWatermark, logEndOffset } = log;
  const start = logStartOffset === 0 ? "" : `start ${logStartOffset}, `;
  return `(${start}stable ${lastStableOffset}, committed ${highWatermark}, end ${logEndOffset})`;
}

function contentsOf(log: Log): object {
  const producers = Array.from(log.producerState.entries(), (entry) => {
    const { producerId, producerEpoch, lastSequence, lastDataOffset, coordinatorEpoch, transactionFirstOffset } = entry;
    return { producerId, producerEpoch, lastSequence, lastDataOffset, coordinatorEpoch, transactionFirstOffset };
  });
  return {
    producers: producers.sort((a, b) => a.producerId - b.producerId),
    undecided: log.producerState.transactions.firstUndecidedOffset,
    aborted: log.abortedTransactions(log.logStartOffset, log.logEndOffset),
    markers: markersOf(log),
  };
}

function markersOf(log: Log): string[] {
  const markers: string[] = [];
  for (let next = log.logStartOffset; next < log.logEndOffset;) {
    const result = log.read(next, 10_000, log.logEndOffset, true);
    if (!result.ok || result.records.length === 0) break;
    for (const each of batches(result.records)) {
      if (!each.isControl) continue;
      for (const { key, value } of recordsOf(each, payloadOf(each))) {
        const record = parseControlRecord(key, value);
        markers.push(`${each.producerId} ${record?.type === ControlType.COMMIT ? "commit" : "abort"}`);
      }
    }
    next = result.endOffset;
  }
  return markers;
}

function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = new MemoryDisk();
  copy.mkdir("/data");
  copy.mkdir(logPath);
  for (const file of disk.list(logPath))
    copy.writeFileAtomic(`${logPath}/${file}`, disk.readFile(`${logPath}/${file}`));
  return copy;
}
