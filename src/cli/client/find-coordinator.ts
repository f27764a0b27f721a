import { type Cluster } from "./cluster.ts";
import { DisconnectError, throwIfError } from "./kafka-error.ts";

/** A broker that coordinates something. */
export interface Coordinator {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** What has a coordinator, by the numbers that the protocol knows them by. */
export const keyTypes = { group: 0, transaction: 1 } as const;

/** The coordinator of a group, or of the transactions of an id. @throws ClientError */
export async function findCoordinator(
  cluster: Cluster,
  keyType: keyof typeof keyTypes,
  key: string,
): Promise<Coordinator> {
  const { coordinators } = await cluster.sendToAny("findCoordinator", {
    keyType: keyTypes[keyType],
    coordinatorKeys: [key],
  });
  const [found] = coordinators;
  if (found === undefined) throw new DisconnectError();
  throwIfError(found.errorCode, found.errorMessage);
  return found;
}
