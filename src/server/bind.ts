import { type Net, type NetServer, type NetSocket, type SocketAddress } from "../io/ports.ts";
import { StartupError } from "./startup-error.ts";

/** @throws StartupError when the address cannot be bound, worded as Kafka does */
export async function bindTo(
  { host, port }: SocketAddress,
  net: Pick<Net, "listen">,
  onConnection: (socket: NetSocket) => void,
): Promise<NetServer> {
  try {
    return await net.listen({ host, port }, onConnection);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(`Socket server failed to bind to ${host}:${port}: ${reason}.`);
  }
}

/**
 * Binds all of them for a moment: who is about to write for a node that is to listen there asks first.
 * @throws StartupError for the first that cannot be bound
 */
export async function refuseTakenAddresses(
  addresses: readonly SocketAddress[],
  net: Pick<Net, "listen">,
): Promise<void> {
  const bound: NetServer[] = [];
  try {
    for (const address of addresses) bound.push(await bindTo(address, net, (socket) => socket.destroy()));
  } finally {
    for (const server of bound) await server.close();
  }
}
