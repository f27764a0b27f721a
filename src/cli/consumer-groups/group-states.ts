import { ClientError } from "../client/kafka-error.ts";
import { printError } from "./group-context.ts";
import { type Terminal } from "../command/terminal.ts";

export const consumerGroupStates: readonly string[] = [
  "PreparingRebalance",
  "CompletingRebalance",
  "Stable",
  "Dead",
  "Empty",
  "Assigning",
  "Reconciling",
];
const rebalancing = new Set(["PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling"]);

/** A state as Kafka writes it, whatever the case of its letters; "Unknown" when it is none. */
export function canonicalState(text: string): string {
  const states = [...consumerGroupStates, "NotReady"];
  return states.find((state) => state.toLowerCase() === text.toLowerCase()) ?? "Unknown";
}

/**
 * Says what is to be known about a group's state before its description.
 * @returns whether there is anything to describe
 */
export function introduce(terminal: Terminal, groupId: string, state: string, rows: number): boolean {
  if (state === "Dead") printError(terminal, `Consumer group '${groupId}' does not exist.`);
  else if (state === "Empty") terminal.printError(`\nConsumer group '${groupId}' has no active members.\n`);
  else if (rebalancing.has(state)) terminal.printError(`\nWarning: Consumer group '${groupId}' is rebalancing.\n`);
  else if (state !== "Stable") {
    const message = `Expected a valid consumer group state, but found '${state}'.`;
    throw new ClientError("org.apache.kafka.common.KafkaException", message);
  }
  return state !== "Dead" && rows > 0;
}
