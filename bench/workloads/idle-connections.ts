import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { apis } from "../../src/protocol/apis.ts";
import { encodeRequestFrame } from "../../src/protocol/request-header.ts";
import { megabyte, type Session } from "../harness/session.ts";
import { type Workload } from "./workload.ts";

const connections = 2_000;
const together = 50;
/** Odradek sees after 20 s that there is nothing to do, and gives back what the last burst took. */
const settleMs = 26_000;
const closeMs = 1_000;
const apiVersionsVersion = 3;

const hello = encodeRequestFrame(
  apis.apiVersions,
  apiVersionsVersion,
  { correlationId: 1, clientId: "bench" },
  { clientSoftwareName: "bench", clientSoftwareVersion: "1" },
).toBuffer();

/** Clients that have said what they are and then keep silent. */
export const idleConnections: Workload = {
  name: "idle-connections",
  isBeforeWarmUp: true,
  async run(session: Session): Promise<void> {
    // What the first connections bring about once is not counted.
    close(await open(session.port, together * 4));
    await sleep(settleMs);
    const before = session.broker.residentBytes();
    const sockets = await open(session.port, connections);
    await sleep(settleMs);
    const resident = session.broker.residentBytes();
    close(sockets);
    session.set("connections.kilobytesEach", (resident - before) / connections / 1000);
    session.set("connections.resident", resident / megabyte);
    await sleep(closeMs);
  },
};

async function open(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    sockets.push(...(await Promise.all(Array.from({ length: together }, () => openOne(port)))));
  }
  return sockets;
}

function openOne(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the broker closed an idle connection")));
    socket.once("data", () => resolve(socket));
    socket.write(hello);
  });
}

function close(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}
