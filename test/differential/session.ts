import { setTimeout as sleep } from "node:timers/promises";
import { type ApiName, type ApiRequest, type ApiResponse } from "../../src/protocol/apis.ts";
import { Errors, errorName } from "../../src/protocol/errors.ts";
import { type Draft } from "../../src/protocol/schema.ts";
import { Names, normalised } from "./normalise.ts";
import { Disconnected, Wire } from "./wire.ts";

/** What was asked, and what the broker answered or did. */
export interface Step {
  readonly step: string;
  readonly answer: unknown;
}

/** A fetch is answered in the order of its session, and members stand in one that their ids give. */
const ordered: ReadonlySet<ApiName> = new Set<ApiName>(["fetch", "consumerGroupDescribe"]);
const groupResource = 32;
const answerTimeoutMs = 60_000;

/** A name that no other run has. All are of one length: the size of a record depends on it. */
export function runName(): string {
  return `r${Math.floor(Math.random() * 2 ** 40)
    .toString(36)
    .padStart(8, "0")}`;
}

/** Stops the broker, and starts it on the same data and port. */
export type Restart = (how: "clean" | "kill -9") => Promise<void>;

/** Runs a script of requests against one broker and keeps a transcript that can be compared with another broker's. */
export class Session {
  readonly steps: Step[] = [];
  readonly names = new Names();
  readonly port: number;
  readonly #run: string;
  readonly #topicIds = new Map<string, string>();
  readonly #restart: Restart | undefined;
  readonly #wires: Wire[] = [];
  #wire: Wire | undefined;

  /** `run`: begins the names of all that is made. */
  constructor(port: number, run = runName(), restart?: Restart) {
    this.port = port;
    this.#run = run;
    this.#restart = restart;
    this.names.set(`${this.#run}-`, "");
    this.names.set(`:${port}`, ":<port>");
  }

  /** A name that this run alone uses. */
  topic(name: string): string {
    return `${this.#run}-${name}`;
  }

  /** The id of a topic that `createTopic` made. */
  idOf(name: string): string {
    const id = this.#topicIds.get(name);
    if (id === undefined) throw new Error(`no topic ${name} was created`);
    return id;
  }

  async connect(clientId?: string): Promise<Wire> {
    const wire = await Wire.connect(this.port, clientId);
    this.#wires.push(wire);
    return wire;
  }

  /** Sends a request and puts the answer into the transcript. */
  async ask<N extends ApiName>(
    step: string,
    api: N,
    version: number,
    body: Draft<ApiRequest<N>>,
    wire?: Wire,
  ): Promise<ApiResponse<N>> {
    const { answer } = await this.#send(api, version, body, wire);
    this.noteAnswer(`${step} (${api} v${version})`, api, answer ?? "the connection was closed");
    return answer as ApiResponse<N>;
  }

  /** Sends a request that is not part of the transcript. */
  async quietly<N extends ApiName>(api: N, version: number, body: Draft<ApiRequest<N>>): Promise<ApiResponse<N>> {
    const { answer } = await this.#send(api, version, body, undefined);
    if (answer === undefined) throw new Error(`${api}: the connection was closed`);
    return answer;
  }

  noteAnswer(step: string, api: ApiName, answer: unknown): void {
    this.note(step, answer, ordered.has(api));
  }

  note(step: string, answer: unknown, isOrdered = false): void {
    this.steps.push({ step, answer: normalised(answer, this.names, isOrdered) });
  }

  /** Creates a topic, and waits until its leaders answer. */
  async createTopic(name: string, partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = this.topic(name);
    const answer = await this.quietly("createTopics", 7, {
      topics: [
        {
          name: topic,
          numPartitions: partitions,
          replicationFactor: 1,
          // The records' times are of the past.
          configs: Object.entries({ "retention.ms": "-1", ...configs }).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: answerTimeoutMs,
    });
    const { errorCode, errorMessage, topicId } = answer.topics[0]!;
    if (errorCode !== Errors.NONE) throw new Error(`${name}: ${errorName(errorCode)} ${errorMessage}`);
    this.#topicIds.set(name, topicId);
    this.names.set(topicId, `<id of ${name}>`);
    await this.untilLed(topic, partitions);
    return topic;
  }

  /** Waits until the leaders of a topic answer. */
  async untilLed(topic: string, partitions = 1): Promise<void> {
    const indexes = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    await this.until(async () => {
      const listed = await this.quietly("listOffsets", 7, {
        replicaId: -1,
        topics: [{ name: topic, partitions: indexes }],
      });
      return listed.topics[0]!.partitions.every((partition) => partition.errorCode === Errors.NONE);
    });
  }

  /**
   * Waits until what was altered before is in force: Kafka answers before it is. It takes over what is altered in its order, all
   * that came at once before anything that came later: when the second of two later changes shows, what was before the first is done.
   */
  async untilInForce(): Promise<void> {
    const [resourceType, resourceName, name] = [groupResource, this.topic("in-force"), "share.auto.offset.reset"];
    for (const value of ["earliest", "latest"]) {
      const configs = [{ name, value, configOperation: 0 }];
      const { responses } = await this.quietly("incrementalAlterConfigs", 1, {
        resources: [{ resourceType, resourceName, configs }],
      });
      if (responses[0]!.errorCode !== Errors.NONE) throw new Error(errorName(responses[0]!.errorCode));
      await this.until(async () => {
        const resources = [{ resourceType, resourceName, configurationKeys: [name] }];
        const { results } = await this.quietly("describeConfigs", 4, { resources });
        return results[0]!.configs[0]?.value === value;
      });
    }
  }

  /** Stops the broker and starts it again. */
  async restart(how: "clean" | "kill -9"): Promise<void> {
    if (this.#restart === undefined) throw new Error("this broker cannot be restarted");
    this.close();
    this.#wire = undefined;
    await this.#restart(how);
  }

  async until(isDone: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + answerTimeoutMs;
    while (!(await isDone())) {
      if (performance.now() > deadline) throw new Error("what was waited for did not come");
      await sleep(20);
    }
  }

  close(): void {
    for (const wire of this.#wires) wire.close();
  }

  async #send<N extends ApiName>(api: N, version: number, body: Draft<ApiRequest<N>>, wire: Wire | undefined) {
    const own = wire ?? (this.#wire ??= await this.connect());
    const timer = setTimeout(() => own.close(), answerTimeoutMs);
    try {
      return { answer: await own.send(api, version, body) };
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
      if (own === this.#wire) this.#wire = undefined;
      return { answer: undefined };
    } finally {
      clearTimeout(timer);
    }
  }
}

export interface Scenario {
  readonly name: string;
  /** Of a broker that it needs for itself. */
  readonly properties?: Readonly<Record<string, string>>;
  /** It has to wait for its broker, or restarts it: it is run beside Kafka alone, not in every test. */
  readonly isSlow?: boolean;
  run(session: Session): Promise<void>;
}

/** The transcript of a scenario on the broker at `port`. */
export async function transcriptOf(scenario: Scenario, port: number, restart?: Restart): Promise<Step[]> {
  const session = new Session(port, runName(), restart);
  try {
    await scenario.run(session);
    return session.steps;
  } finally {
    session.close();
  }
}
