import { createHash } from "node:crypto";
import { DiskError, type Logger } from "../../src/io/ports.ts";
import { defaultLogConfig, type LogConfig } from "../../src/log/log-config.ts";
import { ManualTime } from "../support/manual-time.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { type Draw } from "./memory-file.ts";
import { SimulatedBroker } from "./simulated-broker.ts";
import { internalTopics, SimulatedCluster, type SimulatedTopic } from "./simulated-cluster.ts";
import { demand, Violation } from "./violation.ts";
import { watchedLogger } from "./watched-logger.ts";

/** A process beside the broker: it goes on when the world says so, and may stand still for as long as the world likes. */
export interface SimulatedClient {
  readonly name: string;
  isFrozen: boolean;
}

export interface WorldOptions {
  readonly onTrace?: ((line: string) => void) | undefined;
  readonly logger?: Logger | undefined;
  readonly topics: readonly SimulatedTopic[];
  readonly transactionVersion: number;
  /** Whether what coordinators write is compressed; nothing is compacted then. */
  readonly isCompressing?: boolean;
}

export type Call<T> = (broker: SimulatedBroker) => Promise<T>;

/**
 * A broker over its lives on one disk, its clients, and the network between them: answers get lost, requests too, or they
 * arrive when nobody counts on them any more. Everything comes from the seed.
 */
export class BrokerWorld {
  readonly draw: Draw;
  readonly random: SeededRandom;
  readonly transactionVersion: number;
  time = new ManualTime();
  disk: MemoryDisk;
  broker: SimulatedBroker | undefined;
  /** The network and the disk do what they should, and nobody stands still. */
  isCalm = false;
  /** Every request arrives and is answered, as long as there is a broker. */
  isReliable = false;
  operations = 0;
  readonly #options: WorldOptions;
  readonly cluster: SimulatedCluster;
  readonly #logConfig: LogConfig;
  readonly #isCompacting: boolean;
  readonly #trace = createHash("sha256");
  #waiting: { readonly client: SimulatedClient; readonly resume: () => void }[] = [];
  #late: Call<unknown>[] = [];
  #nextProducerId = 1_000;
  #running = 0;
  #failure: unknown;

  constructor(seed: number, options: WorldOptions) {
    this.#options = options;
    this.transactionVersion = options.transactionVersion;
    this.cluster = new SimulatedCluster([...internalTopics, ...options.topics]);
    this.random = new SeededRandom(seed);
    this.draw = (bound) => this.random.below(bound);
    this.#logConfig = {
      ...defaultLogConfig,
      segmentBytes: 1_500 + this.draw(20_000),
      // What is acknowledged without a flush may be lost with the power, as in Kafka.
      flushMessages: this.draw(2) === 0 ? 1 : Infinity,
    };
    this.#isCompacting = this.draw(2) === 0 && options.isCompressing !== true;
    this.disk = new MemoryDisk(() => this.time.wallMs());
    this.disk.mkdir("/data");
    this.disk.settle("/data");
    this.#watch();
  }

  get traceHash(): string {
    return this.#trace.copy().digest("hex");
  }

  takeProducerId(): number {
    return this.#nextProducerId++;
  }

  get runningCount(): number {
    return this.#running;
  }

  trace(line: string): void {
    this.#trace.update(`${line}\n`);
    this.#options.onTrace?.(line);
  }

  /** The broker starts; again and again while the disk is cut meanwhile. */
  async boot(mayBeCut: boolean): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      if (mayBeCut && attempt < 2 && this.draw(4) === 0) this.disk.cutAfter(1 + this.draw(30), this.draw);
      if (await this.#boot()) break;
      this.end();
    }
    this.disk.cutAfter(Infinity);
  }

  async #boot(): Promise<boolean> {
    const { disk } = this;
    const { logger = silentLogger } = this.#options;
    this.trace("boot");
    const time = (this.time = new ManualTime(this.time.wallMs()));
    try {
      const broker = new SimulatedBroker({
        disk,
        time,
        // What goes on of an earlier process draws too.
        random: new SeededRandom(this.draw(2 ** 31)),
        logger: watchedLogger(logger, (fields, message) => {
          // Coordinators that find out that they are wrong load anew, and nobody would notice.
          if (disk.isOn) this.#failure ??= new Violation(`the broker logs "${message}" ${JSON.stringify(fields)}`);
        }),
        logConfig: this.#logConfig,
        cluster: this.cluster,
        isCompacting: this.#isCompacting,
        isCompressing: this.#options.isCompressing === true,
        transactionVersion: this.transactionVersion,
        takeProducerId: () => this.takeProducerId(),
        onFault: (error) => {
          if (disk.isOn) this.#failure ??= error;
        },
      });
      await time.during(broker.start());
      this.broker = broker;
    } catch (error) {
      if (!(error instanceof DiskError) || disk.isOn) throw error;
    }
    return disk.isOn;
  }

  /** The process ends where it is, and perhaps the machine; the disk then has what is left. */
  end(mayLosePower = true): void {
    const isPowerLoss = mayLosePower && this.#logConfig.flushMessages === 1 && this.draw(3) > 0;
    this.trace(isPowerLoss ? "end: power" : "end: kill");
    this.disk = isPowerLoss ? this.disk.crash(this.draw) : this.disk.kill();
    this.#watch();
    this.broker?.end();
    this.broker = undefined;
  }

  /** A topic gets one more partition; false when nobody is there to lead it. */
  grow(topic: string): boolean {
    const { broker, disk } = this;
    if (broker === undefined || !disk.isOn) return false;
    this.trace(`${topic} grows`);
    broker.publish(this.cluster.grow(topic));
    return true;
  }

  /** One partition is without a leader from now on. */
  interrupt(topic: string): void {
    const { broker, disk, cluster } = this;
    if (broker === undefined || !disk.isOn) return;
    const index = this.draw(cluster.partitionCount(topic));
    this.trace(`${topic}-${index} has no leader`);
    broker.publish(cluster.lead(topic, index, false));
  }

  /** All partitions have a leader again. */
  resume(): void {
    const { broker, disk, cluster } = this;
    if (broker === undefined || !disk.isOn) return;
    for (const { topic, index } of cluster.outages()) {
      this.trace(`${topic}-${index} has a leader`);
      broker.publish(cluster.lead(topic, index, true));
    }
  }

  /** Starts a client. */
  run(client: SimulatedClient, life: () => Promise<void>): void {
    this.#running++;
    this.trace(`${client.name} starts`);
    life()
      .catch((error: unknown) => (this.#failure ??= error))
      .finally(() => {
        this.#running--;
        this.trace(`${client.name} ends`);
      });
  }

  /** Resolves when it is the client's turn. */
  turn(client: SimulatedClient): Promise<void> {
    return new Promise((resume) => this.#waiting.push({ client, resume }));
  }

  /** A request and its answer; undefined when no answer came. With `late` it may even arrive then, as that. */
  async ask<T>(
    client: SimulatedClient,
    what: string,
    call: Call<T>,
    late: boolean | Call<unknown> = true,
  ): Promise<T | undefined> {
    await this.turn(client);
    const { broker, disk } = this;
    const fate = this.isCalm || this.isReliable ? -1 : this.draw(24);
    if (broker === undefined || fate === 0) return this.#lost(client, what, "lost");
    if (fate === 1 && late !== false) {
      this.#late.push(late === true ? call : late);
      return this.#lost(client, what, "late");
    }
    this.trace(`${client.name}: ${what}`);
    const calling = call(broker).catch((error: unknown) => {
      if (disk === this.disk && disk.isOn) throw error;
      return undefined;
    });
    const answer = await Promise.race([calling, broker.ended]);
    if (fate === 2 || broker !== this.broker || !disk.isOn) return this.#lost(client, what, "not answered");
    return answer;
  }

  /** The answer to a request that takes no time. */
  async answerOf<T>(call: Call<T>): Promise<T> {
    const answering = call(this.broker!);
    await this.settle();
    return answering;
  }

  #lost(client: SimulatedClient, what: string, how: string): undefined {
    this.trace(`${client.name}: ${what} ${how}`);
    return undefined;
  }

  /** A drawn client goes on. */
  async step(): Promise<void> {
    const ready = this.#waiting.filter(({ client }) => this.isCalm || !client.isFrozen);
    const chosen = ready[this.draw(Math.max(1, ready.length))];
    if (chosen !== undefined) {
      this.#waiting = this.#waiting.filter((each) => each !== chosen);
      chosen.resume();
    }
    await this.settle();
  }

  /** A request arrives that was sent long ago. */
  async deliverLate(): Promise<void> {
    if (this.#late.length === 0 || this.broker === undefined) return;
    const [call] = this.#late.splice(this.draw(this.#late.length), 1);
    this.trace("a late request arrives");
    call!(this.broker).catch((error: unknown) => {
      if (this.disk.isOn) this.#failure ??= error;
    });
    await this.settle();
  }

  get lateCount(): number {
    return this.#late.length;
  }

  async advance(ms: number): Promise<void> {
    await this.time.advance(ms);
    this.#check();
  }

  async settle(): Promise<void> {
    await this.time.settle();
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined)
      throw this.#failure instanceof Error ? this.#failure : new Error("a client failed");
  }

  /** Work, until `isOver` or the disk is cut; requests come late, clients stand still, the clock leaps. */
  async live(steps: number, onStep: () => Promise<void>): Promise<void> {
    const { draw } = this;
    for (let step = 0; step < steps && this.disk.isOn; step++) {
      const what = draw(40);
      if (what < 30) await this.step();
      else if (what < 36) await this.advance(1 + draw(200));
      else if (what < 38) await this.deliverLate();
      else if (what === 38) await this.advance(1_000 + draw(16_000));
      await onStep();
    }
  }

  /** Goes on without any fault until `isDone`. */
  async finish(isDone: () => boolean, onStep: () => Promise<void>): Promise<void> {
    this.isCalm = true;
    this.resume();
    for (let step = 0; !isDone(); step++) {
      demand(
        step < 6_000,
        () => `it does not come to an end: ${this.#waiting.map(({ client }) => client.name).join(" ")}`,
      );
      await this.step();
      // Whoever waits for an answer may wait for the time to go on.
      if (this.#waiting.length === 0) await this.advance(500);
      else if (step % 8 === 0) await this.advance(100);
      if (step % 600 === 599) await this.advance(30_000);
      await onStep();
    }
  }

  #watch(): void {
    const { disk } = this;
    disk.onOperation = (operation, path) => {
      this.operations++;
      if (disk === this.disk) this.trace(`${operation} ${path}`);
    };
  }
}
