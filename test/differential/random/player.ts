import { setTimeout as sleep } from "node:timers/promises";
import { type ApiName, type ApiRequest } from "../../../src/protocol/apis.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { Session, type Step } from "../session.ts";
import { Disconnected, type Wire } from "../wire.ts";
import { type Script, type ScriptStep, type ScriptTopic } from "./script.ts";
import { type Kept, valueOf } from "./values.ts";

/** These may wait for other members. Whether they do is known when a later request of the group is answered. */
const waiting: ReadonlySet<ApiName> = new Set<ApiName>(["joinGroup", "syncGroup"]);
/** For answers over several connections, and for a first rebalance, which is begun by a timer. */
const graceMs = 15;
const firstRebalanceMs = 200;
const answerTimeoutMs = 4_000;
const closed = "the connection was closed";

/** Ids of producers that nobody has. */
export const madeUpProducers = [3, 4_000_000, 7_000_000] as const;

interface Parked {
  readonly label: string;
  readonly by: string;
  readonly api: ApiName;
  /** Kafka forgets the request when its member asks anew, and the client waits in vain; ours answers it. */
  isForgotten: boolean;
  answer?: unknown;
}

/** Plays a script against one broker, and keeps its transcript. */
export class Player {
  readonly #session: Session;
  readonly #kept: Kept = new Map();
  readonly #wires = new Map<string, Wire>();
  readonly #parked = new Set<Parked>();
  readonly #groups = new Set<string>();

  private constructor(session: Session) {
    this.#session = session;
    // Named in one order, in whatever order answers tell of them.
    for (const id of madeUpProducers) session.names.numbered("producer", id);
  }

  /** The transcript of a script on the broker at `port`, which is left as it was. */
  static async transcriptOf(script: Script, port: number, run: string): Promise<Step[]> {
    const session = new Session(port, run);
    try {
      await Player.play(script, session);
      const names = script.topics.map(({ name }) => ({ name: session.topic(name) }));
      if (names.length > 0) await session.quietly("deleteTopics", 6, { topics: names, timeoutMs: answerTimeoutMs });
      return script.topics.some(({ configs }) => isRecompressing(configs))
        ? withoutSizes(session.steps)
        : session.steps;
    } finally {
      session.close();
    }
  }

  static async play(script: Script, session: Session): Promise<void> {
    const player = new Player(session);
    for (const { name, partitions, configs } of script.topics) await session.createTopic(name, partitions, configs);
    for (const [index, step] of script.steps.entries()) await player.#play(`${index + 1}. ${step.api}`, step);
    for (const { label, isForgotten } of player.#parked) {
      if (!isForgotten) session.note(`${label} waits to the end`, null);
    }
  }

  async #play(label: string, step: ScriptStep): Promise<void> {
    const body = (await valueOf(step.body, this.#session, this.#kept)) as Draft<ApiRequest<ApiName>>;
    const by = step.by ?? "";
    if (step.until !== undefined) return this.#waitUntil(step, body);
    const wire = this.#wires.get(by) ?? (await this.#session.connect(by === "" ? "test" : by));
    this.#wires.set(by, wire);
    const { groupId } = body as { readonly groupId?: string };
    if (groupId !== undefined) this.#groups.add(groupId);
    const answer = this.#answerOf(wire, by, step, body);
    if (waiting.has(step.api)) await this.#answerOrPark(label, by, step, answer, groupId ?? "");
    else this.#note(label, step, await answer);
    if (this.#parked.size > 0) await this.#noteLateAnswers(label);
  }

  /** The answer, or why there is none. */
  async #answerOf(wire: Wire, by: string, { api, version }: ScriptStep, body: Draft<ApiRequest<ApiName>>) {
    const timer = setTimeout(() => wire.close(), answerTimeoutMs);
    try {
      if (api === "produce" && (body as { acks?: number }).acks === 0) {
        wire.sendOnly(api, version, body as Draft<ApiRequest<"produce">>);
        await wire.send("apiVersions", 0, {});
        // A topic with flush.messages has the records when they are on the disk.
        await sleep(graceMs);
        return "not answered";
      }
      return await wire.send(api, version, body);
    } catch (error) {
      if (error instanceof Disconnected) {
        if (this.#wires.get(by) === wire) this.#wires.delete(by);
        return closed;
      }
      return `cannot be sent or understood: ${String(error)}`;
    } finally {
      clearTimeout(timer);
    }
  }

  async #answerOrPark(
    label: string,
    by: string,
    step: ScriptStep,
    answer: Promise<unknown>,
    groupId: string,
  ): Promise<void> {
    const parked: Parked = { label, by, api: step.api, isForgotten: false };
    for (const earlier of this.#parked) if (earlier.by === by && earlier.api === step.api) earlier.isForgotten = true;
    const arrived = this.#arrival(parked, step, answer);
    await Promise.race([arrived, this.#barrier()]);
    if (parked.answer === undefined && step.api === "joinGroup" && (await this.#isAlone(groupId))) {
      await Promise.race([arrived, sleep(firstRebalanceMs)]);
    }
    if (parked.answer !== undefined) return this.#session.note(`${label} v${step.version}`, parked.answer);
    this.#parked.add(parked);
    // A connection that waits for an answer has no turn.
    this.#wires.delete(by);
    this.#session.note(`${label} waits`, null);
  }

  async #arrival(parked: Parked, step: ScriptStep, answer: Promise<unknown>): Promise<void> {
    parked.answer = this.#taken(step, await answer);
  }

  /** Whether a group has one member, so that nobody can be waited for. */
  async #isAlone(groupId: string): Promise<boolean> {
    const { groups } = await this.#session.quietly("describeGroups", 5, { groups: [groupId] });
    return groups[0]?.members.length === 1;
  }

  /** Comes back when all that the groups were asked has been looked at. */
  async #barrier(): Promise<void> {
    for (const groupId of this.#groups) {
      await this.#session.quietly("heartbeat", 4, { groupId, memberId: "barrier", generationId: 0 });
    }
    await sleep(graceMs);
  }

  async #noteLateAnswers(label: string): Promise<void> {
    await this.#barrier();
    for (const parked of this.#parked) {
      if (parked.answer === undefined) continue;
      this.#parked.delete(parked);
      if (!parked.isForgotten) this.#session.note(`${parked.label}, answered after ${label}`, parked.answer);
    }
  }

  #note(label: string, step: ScriptStep, answer: unknown): void {
    this.#session.noteAnswer(`${label} v${step.version}`, step.api, this.#taken(step, answer));
  }

  /** Keeps what the step wants to be kept; what others have on the broker is left out. */
  #taken(step: ScriptStep, answer: unknown): unknown {
    for (const [name, path] of Object.entries(step.keep ?? {})) {
      const value = at(answer, path);
      if (typeof value === "string" && value !== "") this.#session.names.set(value, `<${name}>`);
      if ((typeof value === "string" && value !== "") || (typeof value === "number" && value >= 0)) {
        this.#kept.set(name, value);
        if (name.endsWith(".id") && typeof value === "number") this.#session.names.numbered("producer", value);
      }
    }
    return this.#ownOf(step.api, answer);
  }

  #ownOf(api: ApiName, answer: unknown): unknown {
    const field = api === "listGroups" ? "groups" : api === "listTransactions" ? "transactionStates" : undefined;
    if (field === undefined || typeof answer !== "object") return answer;
    const all = (answer as Record<string, { groupId?: string; transactionalId?: string }[]>)[field]!;
    const prefix = this.#session.topic("");
    const own = all.filter(({ groupId, transactionalId }) => (groupId ?? transactionalId)!.startsWith(prefix));
    return { ...(answer as object), [field]: own };
  }

  async #waitUntil({ api, version, until }: ScriptStep, body: Draft<ApiRequest<ApiName>>): Promise<void> {
    const [path, beginning] = until!;
    for (let attempt = 0; attempt < 100; attempt++) {
      const answer = await this.#session.quietly(api, version, body);
      const found = String(at(answer, path));
      const isThere = beginning.startsWith("!") ? !found.startsWith(beginning.slice(1)) : found.startsWith(beginning);
      if (isThere) return;
      await sleep(10);
    }
  }
}

function isRecompressing(configs: ScriptTopic["configs"]): boolean {
  return /^(gzip|snappy|lz4|zstd)$/.test(configs?.["compression.type"] ?? "");
}

/** Compressors of one format differ in their bytes. */
function withoutSizes(steps: readonly Step[]): Step[] {
  const text = JSON.stringify(steps).replace(/((?:gzip|snappy|lz4|zstd)[a-z ]*) \d+ bytes([^"]*)/g, (_, kind, rest) => {
    return `${kind}${(rest as string).replace(/ crc [0-9a-f]+/, "")}`;
  });
  return JSON.parse(text) as Step[];
}

function at(value: unknown, path: string): unknown {
  let inner = value;
  for (const key of path.split(".")) inner = (inner as Record<string, unknown> | undefined)?.[key];
  return inner;
}
