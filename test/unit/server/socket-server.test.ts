import { describe, expect, test } from "vitest";
import { BrokerConfig } from "../../../src/config/broker-config.ts";
import { ConnectionQuotas, unlimitedQuotas } from "../../../src/server/connection-quotas.ts";
import { advertisedEndpoints, socketServerOptionsFrom } from "../../../src/server/socket-server-options.ts";
import { apiVersionsV0, heartbeat, heartbeatHandler, testServer, until, type TestClient } from "./test-server.ts";

/** Whether it is answered in a time that is long where it is to be. */
async function isServed(client: TestClient, patienceMs = 30_000): Promise<boolean> {
  client.send(apiVersionsV0);
  for (const deadline = performance.now() + patienceMs; client.frames.length === 0 && performance.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return client.frames.shift() !== undefined;
}

/** For what is not answered. */
const shortlyMs = 50;

describe("connection limits", () => {
  test("one address has at most max.connections.per.ip, the next is closed with one line", async () => {
    const { client, log } = await testServer([], { quotas: { ...unlimitedQuotas, connectionsPerIpMax: 2 } });
    const first = await client();
    expect([await isServed(first), await isServed(await client())]).toEqual([true, true]);
    expect(await (await client()).closed).toEqual([]);
    expect(log.map(({ msg }) => msg)).toEqual([
      "Rejected connection from 127.0.0.1, address already has the configured maximum of 2 connections.",
    ]);
    first.socket.destroy();
    await until(() => first.socket.closed);
    // The server hears of it a moment later.
    for (let isIn = false; !isIn;) {
      const next = await client();
      isIn = await isServed(next, shortlyMs);
      // Who was let in, and answered late, would keep the place from those who come later.
      if (!isIn) next.socket.destroy();
    }
  });

  test("beyond max.connections a connection waits until another closes; beyond the backlog it is closed", async () => {
    const { client } = await testServer([], {
      quotas: { ...unlimitedQuotas, connectionsMax: 1 },
      waitingConnectionsMax: 2,
    });
    const [one, two, three] = [await client(), await client(), await client()];
    expect(await isServed(one)).toBe(true);
    expect(await isServed(two, shortlyMs)).toBe(false);
    expect(await (await client()).closed).toEqual([]);
    two.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    three.send(apiVersionsV0);
    one.socket.destroy();
    expect(await three.receiveIds(1)).toEqual([77]);
  });

  test("connections among brokers pass the node's limit, and the longest silent other one goes", async () => {
    const address = { host: "127.0.0.1", port: 0 };
    const { client } = await testServer([], {
      listeners: [
        { name: "CLIENTS", scope: "broker", address },
        { name: "BROKERS", scope: "broker", address },
      ],
      quotas: { ...unlimitedQuotas, connectionsMax: 2, protectedListener: "BROKERS" },
    });
    const [silent, busy] = [await client("CLIENTS"), await client("CLIENTS")];
    expect([await isServed(silent), await isServed(busy), await isServed(await client("BROKERS"))]).toEqual([
      true,
      true,
      true,
    ]);
    await silent.closed;
    expect(await isServed(busy)).toBe(true);
  });

  test("listeners have limits of their own, and addresses their exceptions", () => {
    const quotas = new ConnectionQuotas({
      ...unlimitedQuotas,
      connectionsPerIpMax: 0,
      perIpOverrides: new Map([["192.0.2.1", 3]]),
      listeners: new Map([["A", { connectionsMax: 2, creationRateMax: Number.POSITIVE_INFINITY }]]),
    });
    expect(quotas.tryAccept("A", "192.0.2.9", 0)).toEqual({ kind: "refused", connectionsPerIpMax: 0 });
    const kinds = ["A", "A", "A", "B", "B"].map((listener) => quotas.tryAccept(listener, "192.0.2.1", 0).kind);
    expect(kinds).toEqual(["accepted", "accepted", "full", "accepted", "refused"]);
    quotas.release("A", "192.0.2.1");
    expect(quotas.tryAccept("A", "192.0.2.1", 0).kind).toBe("accepted");
  });

  test("connections come no faster than the rate, after a burst of one second's worth", () => {
    const quotas = new ConnectionQuotas({ ...unlimitedQuotas, creationRateMax: 10 });
    const accept = (nowMs: number) => quotas.tryAccept("A", "192.0.2.1", nowMs);
    const burst = Array.from({ length: 10 }, () => accept(5_000).kind);
    expect(new Set(burst)).toEqual(new Set(["accepted"]));
    expect(accept(5_000)).toEqual({ kind: "tooFast", retryAtMs: 5_100 });
    expect(accept(5_100).kind).toBe("accepted");
    expect(accept(5_199).kind).toBe("tooFast");
    expect(accept(60_000).kind).toBe("accepted");
  });

  test("a connection that came too fast is served when its time has come", async () => {
    const { client } = await testServer([], { quotas: { ...unlimitedQuotas, creationRateMax: 20 } });
    const startMs = performance.now();
    const clients = await Promise.all(Array.from({ length: 24 }, () => client()));
    for (const each of clients) each.send(apiVersionsV0);
    await Promise.all(clients.map((each) => each.receiveIds(1)));
    expect(performance.now() - startMs).toBeGreaterThan(150);
  });
});

test("a connection without traffic is closed after connections.max.idle.ms, one with traffic is not", async () => {
  const { client } = await testServer([], { connectionIdleMsMax: 1_000 });
  const startMs = performance.now();
  const [idle, busy] = [await client(), await client()];
  const traffic = setInterval(() => busy.send(apiVersionsV0), 20);
  await idle.closed;
  expect(performance.now() - startMs).toBeGreaterThan(950);
  expect(await isServed(busy)).toBe(true);
  clearInterval(traffic);
  await busy.closed;
});

describe("close", () => {
  test("requests in flight are answered, new ones are not started, nobody else is let in", async () => {
    let answer: ((result: object) => void) | undefined;
    const handler = heartbeatHandler(() => new Promise((resolve) => (answer = resolve)));
    const { server, client } = await testServer([handler]);
    const [working, idle] = [await client(), await client()];
    working.send(heartbeat(1));
    await until(() => answer !== undefined);
    const closed = server.close(60_000);
    await idle.closed;
    working.send(heartbeat(2));
    await expect(client()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    answer?.({});
    expect((await working.closed).map((each) => each.readInt32BE(0))).toEqual([1]);
    await closed;
  });

  test("what is not done in time is cut off", async () => {
    let isStarted = false;
    const handler = heartbeatHandler(() => {
      isStarted = true;
      return new Promise(() => {});
    });
    const { server, client } = await testServer([handler]);
    const one = await client();
    one.send(heartbeat(1));
    await until(() => isStarted);
    await server.close(30);
    expect(await one.closed).toEqual([]);
  });

  test("nothing is left that would keep a process alive", async () => {
    const before = process.getActiveResourcesInfo().length;
    const { server, client } = await testServer([]);
    const one = await client();
    expect(await isServed(one)).toBe(true);
    await server.close(30_000);
    await one.closed;
    await until(() => process.getActiveResourcesInfo().length <= before);
  });
});

test("connections wait until the server is opened, listener by listener", async () => {
  const address = { host: "127.0.0.1", port: 0 };
  const listeners = [
    { name: "A", scope: "broker", address },
    { name: "B", scope: "broker", address },
  ] as const;
  const { server, client } = await testServer([], { listeners }, false);
  const [a, b] = [await client("A"), await client("B")];
  expect([await isServed(a, shortlyMs), await isServed(b, shortlyMs)]).toEqual([false, false]);
  server.open("B");
  expect(await b.receiveIds(1)).toEqual([77]);
  expect(await isServed(a, shortlyMs)).toBe(false);
  server.open();
  expect(await a.receiveIds(2)).toEqual([77, 77]);
});

describe("options from the configuration", () => {
  const base = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": "1@localhost:9093",
    "controller.listener.names": "CONTROLLER",
    listeners: "PLAINTEXT://:9092,CONTROLLER://localhost:9093",
    "advertised.listeners": "PLAINTEXT://:0,CONTROLLER://localhost:9093",
  };
  const configWith = (properties: object): BrokerConfig =>
    new BrokerConfig(new Map(Object.entries({ ...base, ...properties })));

  test("limits and listeners", () => {
    const options = socketServerOptionsFrom(
      configWith({
        "socket.request.max.bytes": "1000",
        "queued.max.request.bytes": "5000",
        "connections.max.idle.ms": "7",
        "max.connections.per.ip.overrides": "localhost:3, 192.0.2.1:4",
        "listener.name.controller.max.connections": "9",
      }),
    );
    expect(options).toMatchObject({
      listeners: [
        { name: "PLAINTEXT", scope: "broker", address: { host: "", port: 9092 } },
        { name: "CONTROLLER", scope: "controller", address: { host: "localhost", port: 9093 } },
      ],
      requestBytesMax: 1_000,
      queuedRequestBytesMax: 5_000,
      connectionIdleMsMax: 7,
    });
    expect([...options.quotas.perIpOverrides]).toEqual([
      ["127.0.0.1", 3],
      ["::1", 3],
      ["192.0.2.1", 4],
    ]);
    expect(options.quotas.listeners.get("CONTROLLER")?.connectionsMax).toBe(9);
    expect(options.quotas.protectedListener).toBe("PLAINTEXT");
  });

  test.each([
    [{ "max.connections.per.ip.overrides": "broker.example:3" }, '"broker.example:3" is not address:limit'],
    [{ "listener.name.plaintext.max.connections": "many" }, "listener.name.plaintext.max.connections"],
  ])("%j stops the start", (properties, message) => {
    expect(() => socketServerOptionsFrom(configWith(properties))).toThrow(message);
  });

  test("advertised endpoints have the bound port and a name", () => {
    const bound = new Map([["PLAINTEXT", { host: "::", port: 40_001 }]]);
    const advertised = advertisedEndpoints(configWith({}).advertisedListeners, bound, "host.example");
    expect(advertised).toEqual([
      { name: "PLAINTEXT", host: "host.example", port: 40_001, securityProtocol: "PLAINTEXT" },
    ]);
  });
});
