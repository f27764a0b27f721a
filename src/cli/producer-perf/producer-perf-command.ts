import { ArgumentError } from "../arguments/argument-table.ts";
import { GivenArguments } from "../arguments/given-arguments.ts";
import { misuse } from "../arguments/misuse.ts";
import { missingOf, parseUntilCommand } from "../arguments/parse-arguments.ts";
import { connectProducer, type ConnectedProducer } from "../client/producer/connect-producer.ts";
import { type Delivered } from "../client/producer/pending-batch.ts";
import { ClientProperties } from "../command/properties.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { producerPerfArguments } from "./producer-perf-arguments.ts";
import { type ProducerPerfCall, producerPerfCall } from "./producer-perf-call.ts";
import { producerPerfHelp } from "./producer-perf-help.ts";
import { SendStatistics } from "./send-statistics.ts";
import { Throttle } from "../client/producer/throttle.ts";

/** kafka-producer-perf-test.sh; resolves with the exit code. */
export async function producerPerfCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.length === 0) {
    terminal.print(producerPerfHelp);
    return 0;
  }
  try {
    const { given, endedBy } = parseUntilCommand(producerPerfArguments, args, false);
    if (endedBy !== undefined) {
      terminal.print(producerPerfHelp);
      // The Java tool takes the end by its help as a failure.
      return 1;
    }
    const missing = missingOf(producerPerfArguments, given);
    if (missing !== undefined) throw missing;
    await run(producerPerfCall(new GivenArguments(given), terminal), terminal);
    return 0;
  } catch (error) {
    if (error instanceof ArgumentError)
      terminal.printError(misuse("kafka-producer-perf-test", producerPerfHelp, error));
    else terminal.printError(`Exception in thread "main" ${describeError(error as Error)}`);
    return 1;
  }
}

async function run(call: ProducerPerfCall, terminal: Terminal): Promise<void> {
  const properties = new Map(call.properties);
  if (!properties.has("client.id")) properties.set("client.id", "perf-producer-client");
  const connected = await connectProducer(new ClientProperties(properties), terminal);
  const { cluster, producer, transactions } = connected;
  const test = new Test(call, connected, terminal);
  try {
    await transactions?.init();
    await test.send();
    await producer.close();
    test.printResults();
    if (call.printsMetrics) test.printMetrics(properties.get("client.id") ?? "");
  } finally {
    cluster.close();
  }
}

class Test {
  readonly #call: ProducerPerfCall;
  readonly #connected: ConnectedProducer;
  readonly #terminal: Terminal;
  #all: SendStatistics;
  #steady: SendStatistics | undefined;
  #sentCount = 0;
  #failedCount = 0;

  constructor(call: ProducerPerfCall, connected: ConnectedProducer, terminal: Terminal) {
    this.#call = call;
    this.#connected = connected;
    this.#terminal = terminal;
    this.#all = this.#statistics(call.count, false);
  }

  async send(): Promise<void> {
    const { count, warmupCount, nextPayload, topic, transactionMs } = this.#call;
    const { cluster, producer, transactions } = this.#connected;
    const { clock } = cluster.ports;
    if (warmupCount > 0) {
      this.#terminal.print(
        `Warmup first ${warmupCount} records. Steady state results will print after the complete test summary.\n`,
      );
    }
    this.#all = this.#statistics(count, false);
    const throttle = new Throttle(cluster.ports, this.#call.perSecond);
    let beganMs: number | undefined;
    for (let index = 0; index < count; index++) {
      const value = nextPayload(index);
      if (transactionMs !== undefined && beganMs === undefined) {
        transactions?.begin();
        beganMs = clock.wallMs();
      }
      const sentMs = clock.wallMs();
      if (warmupCount > 0 && index === warmupCount) {
        this.#steady = this.#statistics(count - warmupCount, true);
        this.#all.isSilent = true;
      }
      await producer.append(topic, { key: null, value }, this.#delivered(sentMs, value.length));
      if (transactionMs !== undefined && beganMs !== undefined && transactionMs <= sentMs - beganMs) {
        await this.#commit();
        beganMs = undefined;
      }
      const pause = throttle.after(index, sentMs);
      if (pause !== undefined) await pause;
    }
    if (beganMs !== undefined) await this.#commit();
  }

  printResults(): void {
    this.#all.printTotal();
    this.#steady?.printTotal();
  }

  /** Of the many metrics of the Java client those that this one counts. */
  printMetrics(clientId: string): void {
    const tags = `{client-id=${clientId}}`;
    const metrics: [string, number][] = [
      [`producer-metrics:record-error-total:${tags}`, this.#failedCount],
      [`producer-metrics:record-send-total:${tags}`, this.#sentCount],
    ];
    const width = Math.max(...metrics.map(([name]) => name.length));
    this.#terminal.print(`\n${"Metric Name".padEnd(width)}   Value\n`);
    for (const [name, value] of metrics) this.#terminal.print(`${name.padEnd(width)} : ${value.toFixed(3)}\n`);
  }

  async #commit(): Promise<void> {
    await this.#connected.producer.flush();
    await this.#connected.transactions?.commit();
  }

  #delivered(sentMs: number, bytes: number): Delivered {
    // Those who are under way when the warm-up ends count as warm-up.
    const steady = this.#steady;
    return (error) => {
      if (error !== undefined) {
        this.#failedCount++;
        this.#terminal.printError(describeError(error));
        return;
      }
      this.#sentCount++;
      const nowMs = this.#connected.cluster.ports.clock.wallMs();
      this.#all.record(nowMs - sentMs, bytes, nowMs);
      steady?.record(nowMs - sentMs, bytes, nowMs);
    };
  }

  #statistics(count: number, isSteadyState: boolean): SendStatistics {
    const { clock } = this.#connected.cluster.ports;
    const options = {
      print: (text: string) => void this.#terminal.print(text),
      now: () => clock.wallMs(),
      intervalMs: this.#call.intervalMs,
    };
    return new SendStatistics(options, count, isSteadyState);
  }
}
