import { ClientError } from "../client/kafka-error.ts";

/**
 * Replicas of each partition, written `1:2,2:3`.
 * @throws ClientError when a partition repeats a broker or has another number of replicas than the first
 */
export function parseReplicaAssignment(text: string): number[][] {
  const assignment = text.split(",").map((partition) => partition.split(":").map((broker) => brokerId(broker.trim())));
  assignment.forEach((replicas, index) => {
    const repeated = [...new Set(replicas.filter((id, at) => replicas.indexOf(id) !== at))];
    if (repeated.length > 0) {
      throw new ClientError(
        "org.apache.kafka.tools.AdminCommandFailedException",
        `Partition replica lists may not contain duplicate entries: ${repeated.join(",")}`,
      );
    }
    if (replicas.length !== assignment[0]?.length) {
      throw new ClientError(
        "org.apache.kafka.tools.AdminOperationException",
        `Partition ${index} has different replication factor: [${replicas.join(", ")}]`,
      );
    }
  });
  return assignment;
}

function brokerId(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new ClientError("java.lang.NumberFormatException", `For input string: "${text}"`);
}
