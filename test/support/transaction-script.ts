import { type ApiRequest } from "../../src/protocol/apis.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { type Draft } from "../../src/protocol/schema.ts";
import { Script, type LoggedAnswer, type ScriptedBroker } from "./group-script.ts";

export interface TransactionBroker extends ScriptedBroker {
  /** Brings a transactional id without a transaction to the last epoch that a client may have. */
  useUpEpochs(transactionalId: string): Promise<void>;
}

/** What a producer knows of itself. */
interface Producer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/**
 * The configuration that the script is for: transaction.abort.timed.out.transaction.cleanup.interval.ms=500,
 * transaction.max.timeout.ms=900000, unstable.api.versions.enable=true, transaction.state.log.num.partitions=3,
 * offsets.topic.num.partitions=5; in a cluster of `transactionVersion`.
 */
export async function runTransactionScript(
  broker: TransactionBroker,
  transactionVersion: number,
): Promise<LoggedAnswer[]> {
  const script = new Script(broker);
  const say = new Steps(script, broker, transactionVersion);
  await coordinators(script);
  await initVersions(say);
  await initRefusals(say);
  await expectedEpochs(say);
  await addVersions(say);
  if (say.isBumping) await addBatches(say);
  await addOffsets(say);
  await endsWithoutBump(say);
  if (say.isBumping) await endsWithBump(say);
  else await unsupportedBumps(say);
  await fences(say);
  await usedUp(say, broker);
  await timeouts(say);
  await describing(say);
  await listing(say);
  await unstable(say);
  return script.log;
}

/** The requests of the script, with what most of them have in common. */
class Steps {
  readonly script: Script;
  /**
   * Whether clients may bump epochs: in clusters below level 1 there is no record for it, so that Kafka refuses what they ask
   * and never again lets anybody near that transactional id.
   */
  readonly isBumping: boolean;
  readonly #broker: ScriptedBroker;

  constructor(script: Script, broker: ScriptedBroker, transactionVersion: number) {
    this.script = script;
    this.isBumping = transactionVersion >= 1;
    this.#broker = broker;
  }

  async init(
    step: string,
    version: number,
    transactionalId: string | null,
    more: Draft<ApiRequest<"initProducerId">> = {},
  ): Promise<Producer & { readonly errorCode: number }> {
    const request = { transactionalId, transactionTimeoutMs: 60_000, ...more };
    return this.script.ask(`${step}: init v${version}`, "initProducerId", version, request);
  }

  async add(
    step: string,
    version: number,
    transactionalId: string,
    producer: Producer,
    topics: Readonly<Record<string, readonly number[]>> = { t: [0] },
  ): Promise<void> {
    await this.script.ask(`${step}: add v${version}`, "addPartitionsToTxn", version, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: topicsOf(topics),
    });
  }

  async end(
    step: string,
    version: number,
    transactionalId: string,
    { producerId, producerEpoch }: Producer,
    committed: boolean,
  ): Promise<Producer> {
    const request = { transactionalId, producerId, producerEpoch, committed };
    const name = `${step}: ${committed ? "commit" : "abort"} v${version}`;
    const answer = await this.script.ask(name, "endTxn", version, request);
    await this.untilComplete(transactionalId);
    return answer;
  }

  /** The ends of transactions go to the partitions behind the answer. */
  async untilComplete(transactionalId: string): Promise<void> {
    for (;;) {
      const request = { transactionalIds: [transactionalId] };
      const answer = await this.#broker.send("waiting", "describeTransactions", 0, request);
      if (answer.transactionStates[0]?.transactionState.startsWith("Prepare") !== true) return;
      await this.script.pass(10);
    }
  }

  async describe(step: string, ...transactionalIds: string[]): Promise<void> {
    await this.script.ask(`${step}: describe`, "describeTransactions", 0, { transactionalIds });
  }
}

function topicsOf(topics: Readonly<Record<string, readonly number[]>>) {
  return Object.entries(topics).map(([name, partitions]) => ({ name, partitions: [...partitions] }));
}

function bumped({ producerId, producerEpoch }: Producer, by = 1): Producer {
  return { producerId, producerEpoch: producerEpoch + by };
}

async function coordinators(script: Script): Promise<void> {
  await script.ask("coordinator v4", "findCoordinator", 4, { keyType: 1, coordinatorKeys: ["a", "", "b"] });
  await script.ask("coordinator v1", "findCoordinator", 1, { keyType: 1, key: "a" });
}

async function initVersions(say: Steps): Promise<void> {
  for (const version of [0, 1, 2, 3, 4, 5]) {
    await say.init("without id", version, null);
    await say.init("new id", version, `new${version}`);
    await say.init("known id", version, `new${version}`);
  }
}

async function initRefusals(say: Steps): Promise<void> {
  await say.init("empty id", 5, "");
  await say.init("empty id", 0, "");
  await say.init("without id, timeout", 4, null, { transactionTimeoutMs: -1 });
  for (const transactionTimeoutMs of [0, -1, 900_001, 2_147_483_647]) {
    await say.init(`timeout ${transactionTimeoutMs}`, 4, "timeout", { transactionTimeoutMs });
  }
  await say.init("the longest timeout", 4, "timeout", { transactionTimeoutMs: 900_000 });
  await say.init("id without epoch", 4, "half", { producerId: 4 });
  await say.init("epoch without id", 4, "half", { producerEpoch: 4 });
  await say.init("without transactional id, with producer", 4, null, { producerId: 4, producerEpoch: 4 });
  await say.init("odd id", 4, "\u{1f600} \n\u0000x".repeat(20));
}

async function expectedEpochs(say: Steps): Promise<void> {
  const id = "expected";
  await say.init("an id that nobody gave", 4, id, { producerId: 3, producerEpoch: 7 });
  const first = await say.init("first", 4, id);
  const expecting = ({ producerId, producerEpoch }: Producer) => ({ producerId, producerEpoch });
  await say.init("expected", 4, id, expecting(first));
  await say.init("expected, repeated", 4, id, expecting(first));
  await say.init("expected again", 4, id, expecting(bumped(first)));
  await say.init("two epochs ago", 4, id, expecting(first));
  await say.init("two epochs ago", 3, id, expecting(first));
  await say.init("an epoch to come", 4, id, expecting(bumped(first, 5)));
  await say.init("another producer", 4, id, { producerId: first.producerId + 1_000_000, producerEpoch: 0 });
  await say.init("another producer", 3, id, { producerId: first.producerId + 1_000_000, producerEpoch: 0 });
  await say.init("takes over", 4, id);
  await say.init("the one before", 4, id, expecting(bumped(first, 2)));
}

async function addVersions(say: Steps): Promise<void> {
  for (const version of [0, 1, 2, 3]) {
    const id = `add${version}`;
    await say.add("nobody", version, `${id} nobody`, { producerId: 1, producerEpoch: 0 });
    await say.add("empty id", version, "", { producerId: 1, producerEpoch: 0 });
    const producer = await say.init(id, 4, id);
    await say.add("other producer", version, id, { producerId: 1_000_000, producerEpoch: 0 });
    await say.add("epoch to come", version, id, bumped(producer));
    await say.add("unknown topic", version, id, producer, { t: [0, 1], missing: [0] });
    await say.add("unknown partition", version, id, producer, { t: [0, 9], u: [0] });
    await say.add("no partitions", version, id, producer, {});
    await say.describe("nothing added", id);
    await say.add("two topics", version, id, producer, { t: [0, 1], u: [0] });
    await say.add("the same", version, id, producer, { t: [1], u: [0] });
    await say.describe("added", id);
    await say.end("added", 4, id, producer, true);
    await say.end("added", 4, id, producer, true);
    await say.add("next", version, id, producer, { u: [0] });
    await say.end("next", 3, id, producer, false);
    await say.describe("aborted", id);
  }
}

type BrokersTransaction = NonNullable<Draft<ApiRequest<"addPartitionsToTxn">>["transactions"]>[number];

async function addBatches(say: Steps): Promise<void> {
  for (const version of [4, 5]) {
    const [one, two] = [`batch${version} one`, `batch${version} two`];
    const first = await say.init(one, 5, one);
    const second = await say.init(two, 5, two);
    const t0 = topicsOf({ t: [0] });
    const ask = async (step: string, ...transactions: BrokersTransaction[]) => {
      await say.script.ask(`batch: ${step} v${version}`, "addPartitionsToTxn", version, { transactions });
      await say.describe(`batch: ${step} v${version}`, one, two);
    };
    const of = (transactionalId: string, producer: Producer, topics = t0, verifyOnly = false) => ({
      transactionalId,
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      verifyOnly,
      topics,
    });
    await ask("verify before", of(one, first, t0, true), of("nobody", first, t0, true), of("", first, t0, true));
    await ask("add to two", of(one, first), of(two, second, topicsOf({ u: [0], t: [1] })));
    await ask("verify after", of(one, first, topicsOf({ t: [0, 1] }), true), of(two, first, t0, true));
    await ask("verify old", of(one, { ...first, producerEpoch: 7 }, t0, true), of(two, second, t0, true));
    await ask("verify unknown", of(one, first, topicsOf({ t: [0, 9], missing: [0] }), true));
    await ask("add unknown", of(one, first, topicsOf({ t: [0, 9], missing: [0] })), of(two, second));
    await ask("add fenced", of(one, bumped(first)), of("nobody", first), of("", first));
    await say.end("batch", 5, one, first, true);
    await say.end("batch", 5, two, second, false);
    await ask("after the end", of(one, first), of(two, bumped(second), t0, true));
    await ask("next", of(one, bumped(first)));
    await say.end("batch", 5, one, bumped(first), false);
  }
}

async function addOffsets(say: Steps): Promise<void> {
  for (const version of [0, 1, 2, 3, 4]) {
    const id = `offsets${version}`;
    const ask = (step: string, transactionalId: string, { producerId, producerEpoch }: Producer, groupId = "g") =>
      say.script.ask(`offsets: ${step} v${version}`, "addOffsetsToTxn", version, {
        transactionalId,
        producerId,
        producerEpoch,
        groupId,
      });
    await ask("nobody", `${id} nobody`, { producerId: 1, producerEpoch: 0 });
    await ask("empty id", "", { producerId: 1, producerEpoch: 0 });
    const producer = await say.init(id, 4, id);
    await ask("fenced", id, bumped(producer));
    await ask("other producer", id, { producerId: 1_000_000, producerEpoch: 0 });
    await ask("added", id, producer);
    await ask("added again", id, producer, "g");
    await ask("empty group", id, producer, "");
    await say.describe("offsets", id);
    await say.end("offsets", 2, id, producer, true);
  }
}

async function endsWithoutBump(say: Steps): Promise<void> {
  for (const version of [0, 1, 2, 3, 4]) {
    const id = `end${version}`;
    await say.end("nobody", version, `${id} nobody`, { producerId: 1, producerEpoch: 0 }, true);
    await say.end("empty id", version, "", { producerId: 1, producerEpoch: 0 }, true);
    const producer = await say.init(id, 4, id);
    await say.end("empty", version, id, producer, true);
    await say.end("empty", version, id, producer, false);
    await say.end("other producer", version, id, { producerId: 1_000_000, producerEpoch: 0 }, false);
    await say.end("epoch to come", version, id, bumped(producer), false);
    for (const committed of [true, false]) {
      await say.add(id, 3, id, producer);
      await say.end("open", version, id, producer, committed);
      await say.end("complete", version, id, producer, committed);
      await say.end("complete, the other", version, id, producer, !committed);
      await say.end("complete, epoch to come", version, id, bumped(producer), committed);
    }
    if (!say.isBumping) continue;
    // The abort that bumps, by a client that did not.
    const next = await say.end("complete", 5, id, producer, false);
    await say.end("complete, old epoch", version, id, producer, false);
    await say.end("complete, new epoch", version, id, next, false);
  }
}

async function endsWithBump(say: Steps): Promise<void> {
  const id = "bumping";
  await say.end("nobody", 5, `${id} nobody`, { producerId: 1, producerEpoch: 0 }, true);
  await say.end("empty id", 5, "", { producerId: 1, producerEpoch: 0 }, true);
  let producer: Producer = await say.init(id, 5, id);
  await say.end("empty", 5, id, producer, true);
  await say.end("empty, old epoch", 5, id, bumped(producer, -1), false);
  await say.end("empty, other producer", 5, id, { producerId: 1_000_000, producerEpoch: 0 }, false);
  producer = await say.end("empty", 5, id, producer, false);
  await say.describe("empty abort", id);
  for (const committed of [true, false, true]) {
    await say.add(id, 3, id, producer);
    await say.end("open, old epoch", 5, id, bumped(producer, -1), committed);
    await say.end("open, epoch to come", 5, id, bumped(producer), committed);
    const next = await say.end("open", 5, id, producer, committed);
    await say.end("repeated", 5, id, producer, committed);
    await say.end("repeated, the other", 5, id, producer, !committed);
    await say.end("two epochs ago", 5, id, bumped(producer, -1), committed);
    await say.end("without a transaction", 5, id, next, true);
    producer = await say.end("without a transaction", 5, id, next, false);
    await say.end("abort repeated", 5, id, next, false);
    await say.describe("bumped", id);
  }
  // A producer that bumps, after an answer that got lost.
  await say.init("after a lost answer", 4, id, bumped(producer, -1));
  await say.init("after a lost answer", 4, id, producer);
}

async function unsupportedBumps(say: Steps): Promise<void> {
  const [empty, open, batch] = ["empty", "open", "batch"].map((name) => `unsupported ${name}`);
  const first = await say.init("unsupported", 4, empty!);
  await say.end("unsupported", 5, empty!, first, true);
  await say.end("unsupported", 5, empty!, bumped(first), false);
  await say.end("unsupported", 5, empty!, first, false);
  await say.describe("unsupported", empty!);
  const second = await say.init("unsupported", 4, open!);
  await say.add("unsupported", 3, open!, second);
  await say.end("unsupported", 5, open!, second, true);
  await say.describe("unsupported", open!);
  const { producerId, producerEpoch } = await say.init("unsupported", 4, batch!);
  const transaction = { transactionalId: batch!, producerId, producerEpoch, topics: topicsOf({ t: [0] }) };
  for (const verifyOnly of [true, false]) {
    await say.script.ask(`unsupported: batch, verify ${verifyOnly}`, "addPartitionsToTxn", 4, {
      transactions: [{ ...transaction, verifyOnly }],
    });
  }
  await say.describe("unsupported", batch!);
}

async function fences(say: Steps): Promise<void> {
  for (const version of [1, 3, 4, 5]) {
    const id = `fence${version}`;
    const old = await say.init(id, 4, id);
    await say.add(id, 3, id, old);
    await say.init(`${id} takes over`, version, id);
    await say.untilComplete(id);
    await say.describe("fenced", id);
    for (const zombie of say.isBumping ? [0, 1, 2, 3, 4, 5] : [0, 1, 2, 3, 4]) {
      await say.end(`zombie of ${id}`, zombie, id, old, true);
      await say.end(`zombie of ${id}`, zombie, id, old, false);
    }
    for (const zombie of [0, 1, 2, 3]) await say.add(`zombie of ${id}`, zombie, id, old);
    await say.init(`${id} is there`, version, id);
    if (say.isBumping) await say.end("zombie", 5, id, old, false);
    await say.end("zombie", 4, id, old, false);
    await say.end("zombie", 1, id, old, false);
  }
  const id = "own fence";
  const own = await say.init(id, 4, id);
  await say.add(id, 3, id, own);
  await say.init("own, stale", 4, id, { producerId: own.producerId, producerEpoch: own.producerEpoch + 9 });
  await say.untilComplete(id);
  await say.init("own", 4, id, { producerId: own.producerId, producerEpoch: own.producerEpoch });
  await say.init("own, bumped", 4, id, { producerId: own.producerId, producerEpoch: own.producerEpoch + 1 });
}

async function usedUp(say: Steps, broker: TransactionBroker): Promise<void> {
  // With and without a transaction, by old clients and new ones.
  const [idle, fenced, ending, old] = ["idle", "fenced", "ending", "old"].map((name) => `used up ${name}`);
  const last: Record<string, Producer> = {};
  for (const id of [idle!, fenced!, ending!, old!]) {
    const { producerId } = await say.init(id, 4, id);
    await broker.useUpEpochs(id);
    last[id] = { producerId, producerEpoch: 32_766 };
    await say.describe("used up", id);
  }
  const expected = last[idle!]!;
  await say.init("one epoch before", 4, idle!, bumped(expected, -1));
  await say.init("long ago", 4, idle!, { producerId: expected.producerId, producerEpoch: 7 });
  await say.init("used up", 4, idle!, expected);
  await say.init("used up, repeated", 4, idle!, expected);
  await say.init("used up, repeated twice", 4, idle!, expected);

  await say.add("used up", 3, fenced!, last[fenced!]!);
  await say.init("used up and open", 4, fenced!);
  await say.untilComplete(fenced!);
  await say.describe("used up and fenced", fenced!);
  if (say.isBumping) {
    await say.end("used up, zombie", 5, fenced!, last[fenced!]!, true);
    await say.end("used up, zombie", 5, fenced!, last[fenced!]!, false);
  }
  await say.end("used up, zombie", 4, fenced!, last[fenced!]!, false);
  await say.init("used up, takes over", 4, fenced!);

  if (say.isBumping) {
    await say.add("used up", 3, ending!, last[ending!]!);
    const rotated = await say.end("used up", 5, ending!, last[ending!]!, true);
    await say.end("used up, repeated", 5, ending!, last[ending!]!, true);
    await say.end("used up, the other", 5, ending!, last[ending!]!, false);
    await say.end("rotated", 5, ending!, rotated, true);
    await say.add("rotated", 3, ending!, rotated);
    await say.end("rotated", 5, ending!, rotated, false);
  }

  await say.add("used up", 3, old!, last[old!]!);
  await say.end("used up", 4, old!, last[old!]!, true);
  await say.end("used up, again", 4, old!, last[old!]!, true);
  await say.init("used up, old client", 1, old!);
}

async function timeouts(say: Steps): Promise<void> {
  const [timed, idle] = ["timed out", "timed idle"];
  const producer = await say.init("short", 4, timed!, { transactionTimeoutMs: 100 });
  await say.init("short idle", 4, idle!, { transactionTimeoutMs: 100 });
  await say.add("short", 3, timed!, producer);
  await say.script.pass(1_700);
  await say.describe("timed out", timed!, idle!);
  const versions = say.isBumping ? [0, 1, 2, 4, 5] : [0, 1, 2, 4];
  for (const version of versions) await say.end("timed out", version, timed!, producer, true);
  for (const version of [0, 2]) await say.add("timed out", version, timed!, producer);
  if (say.isBumping) await say.end("timed out", 5, timed!, producer, false);
  await say.init("timed out", 4, timed!, { producerId: producer.producerId, producerEpoch: producer.producerEpoch });
}

async function describing(say: Steps): Promise<void> {
  await say.describe("unknown ones", "nobody at all", "", "bumping");
  await say.describe("none");
}

async function listing(say: Steps): Promise<void> {
  const open = await say.init("listed", 4, "listed open");
  await say.add("listed", 3, "listed open", open, { t: [0, 1], u: [0] });
  const list = (step: string, version: number, request: Draft<ApiRequest<"listTransactions">>) =>
    say.script.ask(`list ${step} v${version}`, "listTransactions", version, request);
  await list("all", 0, {});
  await list("all", 2, {});
  await list("open ones", 1, { stateFilters: ["Ongoing"] });
  await list("states", 1, { stateFilters: ["Ongoing", "Dead", "PrepareEpochFence", "ongoing", "odd"] });
  await list("nobody's states", 1, { stateFilters: ["odd"] });
  await list("producers", 0, { producerIdFilters: [open.producerId, 99_999_999] });
  await list("producers and states", 0, { producerIdFilters: [open.producerId], stateFilters: ["Empty"] });
  await list("long ones", 1, { durationFilter: 3_600_000 });
  await list("long open ones", 1, { durationFilter: 3_600_000, stateFilters: ["Ongoing"] });
  await list("open ones of any age", 1, { durationFilter: -5, stateFilters: ["Ongoing"] });
  const patterns = ["", "listed.*", "listed", "isted.*", "(?i)LISTED OPEN", "new[0-2]", "\\Qnew1\\E", "add\\d", ".*"];
  for (const pattern of patterns) await list(`pattern ${pattern}`, 2, { transactionalIdPattern: pattern });
  for (const pattern of ["(", "a**", "(?=a)b", "\\1", "[z-a]", "a{2001}", "\\p{Odd}"]) {
    await list(`no pattern ${pattern}`, 2, { transactionalIdPattern: pattern });
  }
}

/** Version 6 of InitProducerId, which Kafka 4.3 serves only when unstable versions are enabled. */
async function unstable(say: Steps): Promise<void> {
  await say.init("two phases", 6, "phases", { enable2Pc: true });
  await say.init("two phases, kept", 6, "phases", { enable2Pc: true, keepPreparedTxn: true });
  await say.init("kept", 6, "phases", { keepPreparedTxn: true });
  await say.init("kept, timeout", 6, "phases", { keepPreparedTxn: true, transactionTimeoutMs: 0 });
  await say.init("without id, two phases", 6, null, { enable2Pc: true, keepPreparedTxn: true });
  await say.init("plain", 6, "phases");
}

/** For a broker behind a socket: new producers take the id over, until there is no epoch left. */
export async function takeOverUntilUsedUp(broker: ScriptedBroker, transactionalId: string): Promise<void> {
  for (;;) {
    const request = { transactionalId, transactionTimeoutMs: 60_000 };
    const answers = [];
    const first = await broker.send("epochs", "initProducerId", 4, request);
    if (first.errorCode !== Errors.NONE) throw new Error(`no epoch: ${first.errorCode}`);
    const missing = 32_766 - first.producerEpoch;
    for (let count = 0; count < Math.min(missing, 200); count++) {
      answers.push(broker.send("epochs", "initProducerId", 4, request));
    }
    await Promise.all(answers);
    if (missing <= 200) return;
  }
}
