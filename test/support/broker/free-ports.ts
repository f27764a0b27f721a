import { createServer } from "node:net";

/**
 * Below the range that operating systems take for outgoing connections: a port that a restarted broker needs again must
 * not have gone to a client's socket meanwhile.
 */
const lowest = 20_000;
const count = 10_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = lowest + Math.floor(Math.random() * count);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port between ${lowest} and ${lowest + count}`);
}
