import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { BrokerLifecycle } from "../../../src/server/broker-lifecycle.ts";
import { StartupError } from "../../../src/server/startup-error.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { silentLogger } from "../../support/silent-logger.ts";

type Heartbeat = Parameters<Controller["brokerHeartbeat"]>[0];
type Controller = ConstructorParameters<typeof BrokerLifecycle>[0]["controller"];
type Reply = Awaited<ReturnType<Controller["brokerHeartbeat"]>>;

/** A controller that answers as the test says, and remembers what it was told. */
function open(answers: { registration?: number; reply?: (heartbeat: Heartbeat, count: number) => Reply } = {}) {
  const time = new ManualTime();
  const registrations: Parameters<Controller["registerBroker"]>[0][] = [];
  const heartbeats: Heartbeat[] = [];
  const fatal: unknown[] = [];
  let offset = 5;
  const lifecycle = new BrokerLifecycle({
    nodeId: 1,
    clusterId: "cluster",
    incarnationId: "AAAAAAAAAAAAAAAAAAAAAw",
    rack: "r1",
    endpoints: [{ name: "PLAINTEXT", host: "localhost", port: 9092, securityProtocol: "PLAINTEXT" }],
    logDirIds: ["AAAAAAAAAAAAAAAAAAAABA"],
    previousBrokerEpoch: 33,
    heartbeatIntervalMs: 2_000,
    registrationTimeoutMs: 1_000,
    controller: {
      registerBroker: async (request) => {
        registrations.push(request);
        return { errorCode: answers.registration ?? Errors.NONE, brokerEpoch: 7 };
      },
      brokerHeartbeat: async (heartbeat) => {
        heartbeats.push(heartbeat);
        const { reply = () => ({ errorCode: Errors.NONE, isFenced: false }) } = answers;
        return reply(heartbeat, heartbeats.length);
      },
    },
    metadataOffset: () => offset++,
    cordonedDirIds: () => [],
    directoryFailureTimeoutMs: 30_000,
    onFatal: (error) => fatal.push(error),
    offlineDirIds: () => ["AAAAAAAAAAAAAAAAAAAABQ"],
    timers: time,
    logger: silentLogger,
  });
  const start = async () => {
    const started = lifecycle.start().then(
      () => "started",
      (error: unknown) => error,
    );
    await time.advance(1_500);
    return started;
  };
  return { lifecycle, time, registrations, heartbeats, start, fatal };
}

describe("a broker's membership", () => {
  test("it registers, and is in when the controller lets it", async () => {
    const { lifecycle, registrations, heartbeats, start } = open({
      reply: (_heartbeat, count) => ({ errorCode: Errors.NONE, isFenced: count < 4 }),
    });
    expect(lifecycle.epoch).toBe(-1);
    expect(await start()).toBe("started");
    expect(lifecycle.epoch).toBe(7);
    expect(registrations).toEqual([
      expect.objectContaining({
        brokerId: 1,
        clusterId: "cluster",
        rack: "r1",
        previousBrokerEpoch: 33,
        logDirs: ["AAAAAAAAAAAAAAAAAAAABA"],
        listeners: [{ name: "PLAINTEXT", host: "localhost", port: 9092, securityProtocol: 0 }],
      }),
    ]);
    expect(heartbeats).toHaveLength(4);
    expect(heartbeats.map(({ currentMetadataOffset }) => currentMetadataOffset)).toEqual([5, 6, 7, 8]);
    expect(heartbeats[0]).toMatchObject({
      brokerEpoch: 7,
      wantFence: false,
      wantShutDown: false,
      offlineLogDirs: ["AAAAAAAAAAAAAAAAAAAABQ"],
    });
  });

  test("a refusal, and a fence that does not open, stop the start", async () => {
    const refused = open({ registration: Errors.DUPLICATE_BROKER_REGISTRATION });
    expect(await refused.start()).toEqual(
      new StartupError("The controller refused to register broker 1: DUPLICATE_BROKER_REGISTRATION"),
    );
    const fenced = open({ reply: () => ({ errorCode: Errors.NONE, isFenced: true }) });
    expect(await fenced.start()).toBeInstanceOf(StartupError);
  });

  test("it sends heartbeats, also after one that was refused, until it stops", async () => {
    const { lifecycle, time, heartbeats, start } = open({
      reply: (heartbeat, count) =>
        count === 3
          ? { errorCode: Errors.STALE_BROKER_EPOCH }
          : { errorCode: Errors.NONE, isFenced: false, shouldShutDown: heartbeat.wantShutDown },
    });
    await start();
    await time.advance(8_000);
    expect(heartbeats).toHaveLength(5);
    const stopped = lifecycle.stop();
    await time.advance(10_000);
    await stopped;
    expect(heartbeats.map(({ wantShutDown }) => wantShutDown)).toEqual([false, false, false, false, false, true]);
  });

  test("it waits for its leaders to be moved, but not for ever", async () => {
    const patient = open({
      reply: (_heartbeat, count) => ({ errorCode: 0, isFenced: false, shouldShutDown: count > 4 }),
    });
    await patient.start();
    const stopped = patient.lifecycle.stop();
    await patient.time.advance(1_000);
    await stopped;
    expect(patient.heartbeats).toHaveLength(5);
    const never = open();
    await never.start();
    const given = never.lifecycle.stop();
    await never.time.advance(10_000);
    await given;
    expect(never.heartbeats.length).toBeLessThan(20);
  });

  test("one that never registered has nothing to leave", async () => {
    const { lifecycle, heartbeats } = open();
    await lifecycle.stop();
    expect(heartbeats).toEqual([]);
  });

  test("a directory that fails is told at once, and a broker that cannot tell it in time stops", async () => {
    let isReachable = true;
    const { lifecycle, heartbeats, time, start, fatal } = open({
      reply: () => ({ errorCode: isReachable ? Errors.NONE : Errors.NOT_CONTROLLER, isFenced: false }),
    });
    await start();
    const before = heartbeats.length;
    lifecycle.directoryFailed("AAAAAAAAAAAAAAAAAAAABQ");
    await time.settle();
    expect(heartbeats.length).toBe(before + 1);
    await time.advance(60_000);
    expect(fatal).toEqual([]);
    isReachable = false;
    lifecycle.directoryFailed("AAAAAAAAAAAAAAAAAAAABg");
    await time.advance(29_000);
    expect(fatal).toEqual([]);
    await time.advance(2_000);
    expect(String(fatal[0])).toContain("couldn't communicate offline log dir AAAAAAAAAAAAAAAAAAAABg with controllers");
  });
});
