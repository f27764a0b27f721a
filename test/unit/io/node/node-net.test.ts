import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { nodeNet as net } from "../../../../src/io/node/node-net.ts";
import { NetError, type NetSocket, type SocketUser } from "../../../../src/io/ports.ts";

async function pair(): Promise<{ socket: NetSocket; peer: Socket }> {
  let accept: (socket: NetSocket) => void;
  const accepted = new Promise<NetSocket>((resolve) => (accept = resolve));
  const server = await net.listen({ host: "localhost", port: 0 }, (socket) => accept(socket));
  const peer = connect(server.address.port, "127.0.0.1");
  peer.on("error", () => {});
  onTestFinished(async () => {
    peer.destroy();
    await server.close();
  });
  return { socket: await accepted, peer };
}

function use(socket: NetSocket, user: Partial<SocketUser>): void {
  socket.user = { received: () => {}, closed: () => {}, ...user };
}

function closed(socket: NetSocket, user: Partial<SocketUser> = {}): Promise<Error | undefined> {
  return new Promise((resolve) => use(socket, { ...user, closed: resolve }));
}

test("slices arrive in order, and the queue is empty when the system took them", async () => {
  const { socket, peer } = await pair();
  // More than one system call takes.
  const slices = Array.from({ length: 3_000 }, (_, index) => Buffer.from(`${index},`));
  expect(socket.write(slices.slice(0, 1_000))).toBe(true);
  expect(socket.queuedBytes()).toBe(0);
  socket.write(slices.slice(1_000));
  socket.write([]);
  socket.write([Buffer.from("one")]);
  socket.end();
  const chunks: Buffer[] = [];
  for await (const chunk of peer) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe(`${slices.join("")}one`);
});

test("what the peer does not read is counted, also when a small write fills the last gap; drain tells when it left", async () => {
  const { socket, peer } = await pair();
  peer.pause();
  while (socket.write([Buffer.alloc(1_000)]));
  expect(socket.queuedBytes()).toBeGreaterThan(0);
  expect(socket.write([Buffer.alloc(10), Buffer.alloc(10)])).toBe(false);
  const drained = new Promise<void>((resolve) => use(socket, { drained: resolve }));
  peer.resume();
  await drained;
  expect(socket.queuedBytes()).toBe(0);
});

test("a paused socket reads nothing until it is resumed", async () => {
  const { socket, peer } = await pair();
  const received: string[] = [];
  use(socket, { received: (chunk) => void received.push(chunk.toString()) });
  socket.pause();
  peer.write("x");
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(received).toEqual([]);
  socket.resume();
  while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test("bytes are received where the owner wants them, and then again in the buffer of all", async () => {
  const { socket, peer } = await pair();
  const target = Buffer.alloc(200_000);
  const others: Buffer[] = [];
  let filled = 0;
  const done = new Promise<void>((resolve) => {
    use(socket, {
      receiveInto: () => (filled < target.length && others.length > 0 ? target.subarray(filled) : undefined),
      received: (chunk) => {
        if (chunk.buffer === target.buffer) filled += chunk.length;
        else others.push(Buffer.from(chunk));
        if (others.at(-1)?.includes("end") === true) resolve();
      },
    });
  });
  socket.resume();
  peer.write("begin");
  while (others.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const large = Buffer.alloc(target.length, "0123456789");
  peer.write(Buffer.concat([large, Buffer.from("end")]));
  await done;
  expect(Buffer.concat(others).toString()).toBe("beginend");
  expect(target.equals(large)).toBe(true);
});

test("a peer that ends its side closes the connection, after what is queued", async () => {
  const { socket, peer } = await pair();
  let answer = "";
  peer.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  const isClosed = closed(socket, { received: () => void socket.write([Buffer.from("answer")]) });
  peer.end("question");
  expect(await isClosed).toBeUndefined();
  expect(answer).toBe("answer");
});

test("a peer that resets gives an error; one that never closes its side does not keep an ended socket open", async () => {
  const first = await pair();
  first.peer.resetAndDestroy();
  expect(await closed(first.socket)).toMatchObject({ code: "ECONNRESET" });
  const second = await pair();
  // Reads nothing, so that it does not see our end either.
  second.peer.pause();
  second.socket.end();
  expect(await closed(second.socket)).toBeUndefined();
});

test("what a peer says after our end is nobody's", async () => {
  const { socket, peer } = await pair();
  const received: string[] = [];
  const isClosed = closed(socket, { received: (chunk) => void received.push(chunk.toString()) });
  socket.resume();
  peer.write("before");
  while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  socket.end();
  peer.end("after");
  expect(await isClosed).toBeUndefined();
  expect(received).toEqual(["before"]);
});

test("a connection knows both its ends, whichever server it came to before", async () => {
  const locals: number[] = [];
  const listen = () => net.listen({ host: "127.0.0.1", port: 0 }, ({ local }) => void locals.push(local.port));
  const servers = [await listen(), await listen()];
  const ports = [...servers, ...servers].map(({ address }) => address.port);
  for (const port of ports) {
    const count = locals.length;
    const socket = await net.connect({ host: "127.0.0.1", port }, 1_000);
    expect(socket.remote).toEqual({ host: "127.0.0.1", port });
    while (locals.length === count) await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
  }
  expect(locals).toEqual(ports);
  for (const server of servers) await server.close();
});

test("what is closed early, or sent to a closed socket, does no harm", async () => {
  const { socket } = await pair();
  socket.destroy();
  socket.write([Buffer.from("late")]);
  socket.end();
  await closed(socket);
  socket.pause();
  socket.resume();
});

test("failures are NetErrors with the errno", async () => {
  const server = await net.listen({ host: "127.0.0.1", port: 0 }, () => {});
  await expect(net.listen(server.address, () => {})).rejects.toMatchObject({ name: "NetError", code: "EADDRINUSE" });
  await server.close();
  const refused = net.connect(server.address, 1_000);
  await expect(refused).rejects.toBeInstanceOf(NetError);
  await expect(refused).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await expect(net.listen({ host: "no such host", port: 0 }, () => {})).rejects.toMatchObject({ name: "NetError" });
});

test("two ends of the port speak with each other", async () => {
  const server = await net.listen({ host: "", port: 0 }, (socket) => {
    use(socket, { received: (chunk) => void socket.write([chunk]) });
  });
  const socket = await net.connect({ host: "127.0.0.1", port: server.address.port }, 1_000);
  const echo = new Promise<string>((resolve) => {
    use(socket, { received: (chunk) => resolve(chunk.toString()) });
  });
  socket.write([Buffer.from("hello")]);
  expect(await echo).toBe("hello");
  expect(socket.remote).toEqual({ host: "127.0.0.1", port: server.address.port });
  socket.destroy();
  await closed(socket);
  await server.close();
});
