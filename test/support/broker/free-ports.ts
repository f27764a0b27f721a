import { createServer, type Server } from "node:net";

/**
 * Below the range that operating systems take for outgoing connections: a port that a restarted broker needs again must
 * not have gone to a client's socket meanwhile.
 */
const lowest = 20_000;
const blockSize = 100;
const blockCount = 100;

/** Undefined when somebody else has the port. */
function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/**
 * Test files run in several processes at once, and a port is free until its broker listens: whoever listens at the first port
 * of a block, which a process does until it ends, has the others for itself.
 */
async function ownBlock(): Promise<number> {
  for (let attempt = 0; attempt < 10 * blockCount; attempt++) {
    const first = lowest + blockSize * Math.floor(Math.random() * blockCount);
    const server = await listening(first);
    if (server === undefined) continue;
    server.unref();
    return first;
  }
  throw new Error(`No block of ports between ${lowest} and ${lowest + blockSize * blockCount} is free`);
}

let block: Promise<number> | undefined;
let given = 0;

/** One that nobody listens at, and that was not given to anybody lately. */
export async function freePort(): Promise<number> {
  const first = await (block ??= ownBlock());
  for (let attempt = 1; attempt < blockSize; attempt++) {
    const port = first + 1 + (given++ % (blockSize - 1));
    const server = await listening(port);
    if (server === undefined) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error(`No free port between ${first} and ${first + blockSize}`);
}
