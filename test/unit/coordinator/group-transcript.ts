import { Reader } from "../../../src/protocol/reader.ts";
import { type ApiRequest } from "../../../src/protocol/apis.ts";
import { decodeGroupRecord } from "../../../src/coordinator/group/group-records.ts";
import { type Logger } from "../../../src/io/ports.ts";
import { errorName, Errors, type ErrorName } from "../../../src/protocol/errors.ts";
import { onlyBatch } from "../../../src/protocol/records/batches.ts";
import { ControlType, parseControlRecord } from "../../../src/protocol/records/control-records.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { TopicMetadata } from "./topic-metadata.ts";
import { TranscriptOutput } from "./transcript-output.ts";
import { consumerBeat } from "./consumer-commands.ts";
import { GroupWorld } from "./group-world.ts";
import { type Command, durationMs, parseCommand } from "../../support/scenarios/command.ts";
import { type ScenarioRun } from "../../support/scenarios/scenarios.ts";
import { committedTopics, parseAssignment, parseProtocol, topicId, topicsOf } from "./command-words.ts";

/** Runs the commands of one scenario on the groups of one world, and says what happened. */
export class GroupTranscript implements ScenarioRun {
  readonly #startMs: number;
  readonly #world: GroupWorld;
  readonly #topics: TopicMetadata;
  readonly #output = new TranscriptOutput((value, name) => this.#wording(value, name));
  #members = 0;
  /** Names that stand for member ids, which the answers bring. */
  readonly #names = new Map<string, string>();

  constructor(configLine: string) {
    const { options } = parseCommand(`config ${configLine}`);
    const config = Object.fromEntries([...options].map(([name, value]) => [name, durationMs(value)]));
    this.#world = new GroupWorld({ config, logger: this.#logger() });
    this.#topics = new TopicMetadata(this.#world);
    this.#startMs = this.#world.time.wallMs();
    this.#world.log.onAppend = (_partition, batch) => this.#printBatch(batch);
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
    const { groups, log, time } = this.#world;
    switch (verb) {
      case "join":
        return this.#join(command);
      case "sync":
        return this.#sync(command);
      case "heartbeat":
        return this.#output.answer(
          "heartbeat",
          groups.heartbeat({ ...this.#memberOf(command), ...this.#generation(command) }),
        );
      case "beat":
        return this.#output.answer("beat", consumerBeat(this.#world, this.#memberOf(command), command));
      case "describe-consumers":
        return this.#output.answer("describe", groups.describeConsumerGroups(words));
      case "topic":
        return this.#topics.set(words[0]!, topicId(words[0]!), Number(options.get("partitions") ?? 1));
      case "leave":
        return this.#leave(command);
      case "commit":
        return this.#commit(command);
      case "txn-commit":
        return this.#commitInTransaction(command);
      case "end-txn":
        return this.#endTransaction(command);
      case "verification": {
        const error = Errors[words[0]! as ErrorName];
        log.verify = () => (error === Errors.NONE ? { ok: true, guard: undefined } : { ok: false, error });
        return;
      }
      case "fetch":
        return this.#fetch(command);
      case "list": {
        const filter = (name: string) => options.get(name)?.split(",") ?? [];
        return this.#output.answer(
          "list",
          groups.listGroups({ statesFilter: filter("states"), typesFilter: filter("types") }),
        );
      }
      case "describe":
        return this.#output.answer("describe", groups.describeGroups(words, Number(options.get("version") ?? 6)));
      case "delete":
        return this.#output.answer("delete", groups.deleteGroups(words));
      case "offset-delete":
        return this.#output.answer(
          "offset-delete",
          groups.deleteOffsets({ groupId: this.#groupOf(command), topics: topicsOf(words) }),
        );
      case "topic-deleted":
        void groups.onTopicsDeleted([{ name: words[0]!, topicId: topicId(words[0]!) }]);
        return;
      case "advance":
        return time.advance(durationMs(words[0]!));
      case "config-change":
        for (const [name, value] of options) Object.assign(this.#world.config, { [name]: durationMs(value) });
        return;
      case "reload":
        return this.#world.reload();
      case "fail":
        log.failNext = Errors[words[0]! as ErrorName];
        return;
      case "hold":
        log.isHeld = true;
        return;
      case "release":
        return log.release();
      default:
        throw new Error(`no such command: ${verb}`);
    }
  }

  #groupOf({ options }: Command): string {
    return options.get("group") ?? "g";
  }

  #memberId(name: string): string {
    return this.#names.get(name) ?? name;
  }

  #memberOf(command: Command): { groupId: string; memberId: string; groupInstanceId: string | null } {
    const { options } = command;
    const memberId = this.#memberId(options.get("member") ?? "");
    return { groupId: this.#groupOf(command), memberId, groupInstanceId: options.get("instance") ?? null };
  }

  #generation({ options }: Command): { generationId: number } {
    return { generationId: Number(options.get("generation") ?? -1) };
  }

  #join(command: Command): void {
    const { options } = command;
    const name = options.get("as");
    const request: ApiRequest<"joinGroup"> = {
      ...this.#memberOf(command),
      sessionTimeoutMs: durationMs(options.get("session") ?? "10s"),
      rebalanceTimeoutMs: durationMs(options.get("rebalance") ?? "60s"),
      protocolType: options.get("type") ?? "consumer",
      protocols: (options.get("protocols") ?? "range(t)")
        .split(/[;]/)
        .filter((text) => text !== "")
        .map(parseProtocol),
      reason: options.get("reason") ?? null,
    };
    const caller = {
      apiVersion: Number(options.get("version") ?? 9),
      clientId: options.get("client") ?? "client",
      clientHost: "/127.0.0.1",
      newMemberIdSuffix: options.get("suffix") ?? String(++this.#members),
    };
    const joined = this.#world.groups.joinGroup(request, caller).then((response) => {
      if (name !== undefined && response.memberId !== undefined) this.#names.set(name, response.memberId);
      return response;
    });
    this.#output.answer("join", joined);
  }

  #sync(command: Command): void {
    const assignments = command.words.map((word) => {
      const [name = "", assignment = ""] = word.split(":");
      return { memberId: this.#memberId(name), assignment: parseAssignment(assignment) };
    });
    this.#output.answer(
      "sync",
      this.#world.groups.syncGroup({
        ...this.#memberOf(command),
        ...this.#generation(command),
        protocolType: command.options.get("type") ?? null,
        protocolName: command.options.get("protocol") ?? null,
        assignments,
      }),
    );
  }

  #leave(command: Command): void {
    const reason = command.options.get("reason") ?? null;
    const members = command.words.map((word) => {
      const [name = "", groupInstanceId = null] = word.split(":");
      return { memberId: this.#memberId(name), groupInstanceId, reason };
    });
    this.#output.answer("leave", this.#world.groups.leaveGroup({ groupId: this.#groupOf(command), members }));
  }

  #commit(command: Command): void {
    const { options, words } = command;
    const request: ApiRequest<"offsetCommit"> = {
      ...this.#memberOf(command),
      generationIdOrMemberEpoch: this.#generation(command).generationId,
      retentionTimeMs: options.has("retention") ? durationMs(options.get("retention")!) : -1,
      topics: committedTopics(words),
    };
    this.#output.answer("commit", this.#world.groups.commitOffsets(request, Number(options.get("version") ?? 9)));
  }

  #commitInTransaction(command: Command): void {
    const { options, words } = command;
    const request: ApiRequest<"txnOffsetCommit"> = {
      ...this.#memberOf(command),
      ...this.#generation(command),
      ...producerOf(command),
      transactionalId: options.get("txn") ?? "txn",
      topics: committedTopics(words),
    };
    const version = Number(options.get("version") ?? 5);
    this.#output.answer("txn-commit", this.#world.groups.commitTransactionalOffsets(request, version));
  }

  #endTransaction(command: Command): void {
    const end = {
      ...producerOf(command),
      partition: 0,
      coordinatorEpoch: Number(command.options.get("coordinator") ?? 0),
      isCommit: command.words[0] === "commit",
      transactionVersion: 2,
    };
    const ended = this.#world.groups.completeTransaction(end);
    this.#output.answer(
      "end-txn",
      ended.then((errorCode) => ({ errorCode })),
    );
  }

  #fetch(command: Command): void {
    const { words } = command;
    const topics = words.includes("all")
      ? null
      : topicsOf(words.filter((word) => word !== "stable")).map(({ name, partitions }) => ({
          name,
          topicId: topicId(name),
          partitionIndexes: partitions.map(({ partitionIndex }) => partitionIndex),
        }));
    const request = { groupId: this.#groupOf(command), memberId: null, memberEpoch: -1, topics };
    const fetched = this.#world.groups
      .fetchOffsets(request, words.includes("stable"))
      .then((result) => (result.ok ? result.response : { errorCode: result.error }));
    this.#output.answer("fetch", fetched);
  }

  #printBatch(batch: Buffer): void {
    const view = onlyBatch(batch);
    const producer = `producer ${view.producerId} epoch ${view.producerEpoch}`;
    if (view.isControl) {
      for (const { offset, key, value } of recordsOf(view, payloadOf(view))) {
        const { type } = parseControlRecord(key, value)!;
        this.#output.print(`@${offset} ${producer} ${type === ControlType.COMMIT ? "COMMIT" : "ABORT"}`);
      }
      return;
    }
    const writer = view.isTransactional ? ` ${producer}` : "";
    for (const { offset, key, value } of recordsOf(view, payloadOf(view))) {
      const record = decodeGroupRecord(new Reader(key!), value === null ? null : new Reader(value))!;
      const version = value === null ? "" : ` v${value.readInt16BE(0)}`;
      this.#output.print(`@${offset}${version}${writer} ${this.#output.show(record)}`);
    }
  }

  #logger(): Logger {
    const line = (_fields: object, message: string) => void this.#output.print(`log: ${message}`);
    const withReason = (fields: object, message: string) => {
      const reason = "reason" in fields && message.startsWith("preparing") ? ` (${String(fields.reason)})` : "";
      line(fields, message + reason);
    };
    const logger: Logger = { child: () => logger, debug: () => {}, info: withReason, warn: line, error: line };
    return logger;
  }

  /** Codes by name, times since the start, bytes as text. */
  #wording(value: unknown, name: string): string | undefined {
    if (Buffer.isBuffer(value)) return JSON.stringify(printable(value));
    // It depends on the ids of topics, which have a test of their own.
    if (name === "metadataHash") return value === 0n ? "0" : "<hash>";
    if (typeof value !== "number") return undefined;
    if (name === "errorCode") return errorName(value);
    return /timestamp/i.test(name) && value !== -1 ? `+${value - this.#startMs}` : undefined;
  }
}

function printable(bytes: Buffer): string {
  return [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `.${byte}.`)).join("");
}

function producerOf({ options }: Command): { producerId: number; producerEpoch: number } {
  return { producerId: Number(options.get("producer") ?? 1), producerEpoch: Number(options.get("epoch") ?? 0) };
}
