import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { freePort } from "../../support/broker/free-ports.ts";
import { waitUntil } from "../../support/broker/wait-until.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { FrameworkProcess, type Frameworks } from "./frameworks.ts";

const startTimeoutMs = 180_000;
const restTimeoutMs = 120_000;

const converters = {
  "key.converter": "org.apache.kafka.connect.storage.StringConverter",
  "value.converter": "org.apache.kafka.connect.storage.StringConverter",
  "offset.flush.interval.ms": "500",
};

/** Configurations of a worker that is one of a cluster; the internal topics are named after `cluster`. */
function distributed(cluster: string): Record<string, string> {
  return {
    "group.id": cluster,
    "config.storage.topic": `${cluster}-configs`,
    "config.storage.replication.factor": "1",
    "offset.storage.topic": `${cluster}-offsets`,
    "offset.storage.replication.factor": "1",
    "offset.storage.partitions": "3",
    "status.storage.topic": `${cluster}-status`,
    "status.storage.replication.factor": "1",
    "status.storage.partitions": "2",
    "exactly.once.source.support": "enabled",
    "session.timeout.ms": "6000",
    "heartbeat.interval.ms": "1000",
    "scheduled.rebalance.max.delay.ms": "1000",
  };
}

export interface ConnectorStatus {
  readonly connector: { readonly state: string };
  readonly tasks: readonly { readonly state: string; readonly worker_id: string; readonly trace?: string }[];
}

/** A worker of Kafka Connect with its REST API. */
export class ConnectWorker {
  readonly process: FrameworkProcess;
  /** As the cluster knows it. */
  readonly id: string;
  readonly #url: string;

  private constructor(process: FrameworkProcess, port: number) {
    this.process = process;
    this.id = `127.0.0.1:${port}`;
    this.#url = `http://${this.id}`;
  }

  /** One worker that reads its connectors from `connectors`, name by name. */
  static standalone(
    frameworks: Frameworks,
    bootstrap: string,
    connectors: readonly Readonly<Record<string, string>>[],
  ): Promise<ConnectWorker> {
    const own = { "offset.storage.file.filename": join(temporaryDirectory(), "offsets") };
    return ConnectWorker.#start(frameworks, bootstrap, own, "ConnectStandalone", connectors);
  }

  /** A worker of the cluster of that name. */
  static distributed(frameworks: Frameworks, bootstrap: string, cluster: string): Promise<ConnectWorker> {
    return ConnectWorker.#start(frameworks, bootstrap, distributed(cluster), "ConnectDistributed", []);
  }

  static async #start(
    frameworks: Frameworks,
    bootstrap: string,
    own: Readonly<Record<string, string>>,
    mainClass: string,
    connectors: readonly Readonly<Record<string, string>>[],
  ): Promise<ConnectWorker> {
    const port = await freePort();
    const folder = temporaryDirectory();
    const worker = {
      ...converters,
      ...own,
      "bootstrap.servers": bootstrap,
      listeners: `http://127.0.0.1:${port}`,
      "rest.advertised.host.name": "127.0.0.1",
      "plugin.path": frameworks.pluginPath,
    };
    const files = [worker, ...connectors].map((properties, index) => {
      const file = join(folder, `${index}.properties`);
      writeFileSync(
        file,
        Object.entries(properties)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(""),
      );
      return file;
    });
    const process = new FrameworkProcess(frameworks, `org.apache.kafka.connect.cli.${mainClass}`, files);
    onTestFinished(() => process.stop());
    const started = new ConnectWorker(process, port);
    await waitUntil("the worker", () => started.#problem("GET", "/connectors"), startTimeoutMs);
    return started;
  }

  /** Asks again while the cluster is not ready for the request. */
  async request(method: string, path: string, body?: unknown): Promise<void> {
    await waitUntil(`${method} ${path}`, () => this.#problem(method, path, body), restTimeoutMs);
  }

  async untilStatus(name: string, what: string, holds: (status: ConnectorStatus) => boolean): Promise<ConnectorStatus> {
    let status: ConnectorStatus | undefined;
    await waitUntil(
      `${name} ${what}`,
      async () => {
        const answer = await this.#ask("GET", `/connectors/${name}/status`);
        if (!answer.ok) return answer.text;
        status = JSON.parse(answer.text) as ConnectorStatus;
        return holds(status) ? undefined : answer.text;
      },
      restTimeoutMs,
    );
    return status as ConnectorStatus;
  }

  untilRunning(name: string): Promise<ConnectorStatus> {
    const isRunning = ({ connector, tasks }: ConnectorStatus) =>
      connector.state === "RUNNING" && tasks.length === 1 && tasks[0]?.state === "RUNNING";
    return this.untilStatus(name, "runs", isRunning);
  }

  untilConnectors(...names: string[]): Promise<void> {
    return waitUntil("connectors", async () => {
      const { text } = await this.#ask("GET", "/connectors");
      return text === JSON.stringify(names) ? undefined : text;
    });
  }

  async #problem(method: string, path: string, body?: unknown): Promise<string | undefined> {
    const { ok, text } = await this.#ask(method, path, body);
    return ok ? undefined : text;
  }

  /** What became of a request; one that did not get through is answered in words, too. */
  async #ask(method: string, path: string, body?: unknown): Promise<{ readonly ok: boolean; readonly text: string }> {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return response.ok ? { ok: true, text } : { ok: false, text: `${response.status} ${text}` };
    } catch (error) {
      return { ok: false, text: String(error) };
    }
  }
}
