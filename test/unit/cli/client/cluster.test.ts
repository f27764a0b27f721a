import { expect, test } from "vitest";
import { Cluster } from "../../../../src/cli/client/cluster.ts";
import { KafkaError } from "../../../../src/cli/client/kafka-error.ts";
import { nodeClientPorts } from "../../../../src/cli/client/node-client-ports.ts";
import { NetError } from "../../../../src/io/ports.ts";
import { Errors } from "../../../../src/protocol/errors.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { RecordingTerminal } from "../../../support/recording-terminal.ts";

type Retrying = (cluster: Cluster, attempt: () => Promise<never>, isOver: () => boolean) => Promise<unknown>;

const both: [string, Retrying][] = [
  ["until a deadline", (cluster, attempt) => cluster.retry("no answer", 4_000, attempt).catch(() => undefined)],
  ["until nobody wants it", (cluster, attempt, isOver) => cluster.retryUntilGone(isOver, attempt)],
];

/** When the attempts of four seconds were made, all of which fail in the same way. */
async function attemptsOf(retrying: Retrying, error: Error, drawn: number): Promise<number[]> {
  const time = new ManualTime();
  const startMs = time.monotonicMs();
  const ports = {
    ...nodeClientPorts,
    clock: time,
    timers: time,
    random: { ...nodeClientPorts.random, float: () => drawn },
  };
  const cluster = await Cluster.create(ports, {
    bootstrapServers: "127.0.0.1:1",
    clientId: "test",
    logPrefix: "[Test]",
    isAdmin: false,
    requestTimeoutMs: 1_000,
    retryBackoffMs: 1_500,
    log: new RecordingTerminal().log,
  });
  const timesMs: number[] = [];
  const attempt = async (): Promise<never> => {
    timesMs.push(Math.round(time.monotonicMs() - startMs));
    throw error;
  };
  const isOver = (): boolean => time.monotonicMs() - startMs >= 4_000;
  const done = retrying(cluster, attempt, isOver);
  await time.advance(10_000);
  await done;
  return timesMs;
}

const noServer = new NetError("ECONNREFUSED", "nobody listens");

test.each(both)("a server that is down is tried less and less often: %s", async (_, retrying) => {
  expect(await attemptsOf(retrying, noServer, 0.5)).toEqual([0, 50, 150, 350, 750, 1_550, 2_550, 3_550]);
});

test.each(both)("clients that lost their server together do not come back together: %s", async (_, retrying) => {
  const [early, late] = [await attemptsOf(retrying, noServer, 0), await attemptsOf(retrying, noServer, 0.999)];
  expect([early.slice(0, 4), late.slice(0, 4)]).toEqual([
    [0, 40, 120, 280],
    [0, 60, 180, 420],
  ]);
});

test.each(both)("a broker that answers is asked again after retry.backoff.ms: %s", async (_, retrying) => {
  const error = new KafkaError(Errors.LEADER_NOT_AVAILABLE);
  expect(await attemptsOf(retrying, error, 0)).toEqual([0, 1_500, 3_000]);
});
