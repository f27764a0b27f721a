import { ClientError } from "../../kafka-error.ts";
import { type Assignor } from "./assignor.ts";
import { cooperativeStickyAssignor } from "./cooperative-sticky-assignor.ts";
import { rangeAssignor } from "./range-assignor.ts";
import { roundRobinAssignor } from "./round-robin-assignor.ts";
import { stickyAssignor } from "./sticky-assignor.ts";

const folder = "org.apache.kafka.clients.consumer";

/** By the names of Kafka's classes, as `partition.assignment.strategy` has them. */
const byClass = new Map<string, Assignor>([
  [`${folder}.RangeAssignor`, rangeAssignor],
  [`${folder}.RoundRobinAssignor`, roundRobinAssignor],
  [`${folder}.StickyAssignor`, stickyAssignor],
  [`${folder}.CooperativeStickyAssignor`, cooperativeStickyAssignor],
]);

/**
 * The assignors of `partition.assignment.strategy`, the most wanted first.
 * @throws ClientError when one of them is not known
 */
export function assignorsNamed(classes: string | undefined): Assignor[] {
  if (classes === undefined) return [rangeAssignor, cooperativeStickyAssignor];
  return classes
    .split(",")
    .map((name) => name.trim())
    .map((name) => {
      const assignor = byClass.get(name);
      if (assignor !== undefined) return assignor;
      const kind = "org.apache.kafka.common.KafkaException";
      const cause = new ClientError(kind, `${name} ClassNotFoundException exception occurred`, false, missing(name));
      throw new ClientError(kind, "Failed to construct kafka consumer", false, cause);
    });
}

function missing(name: string): ClientError {
  return new ClientError("java.lang.ClassNotFoundException", name);
}
