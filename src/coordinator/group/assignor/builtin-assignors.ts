import { ConfigError } from "../../../config/config-key.ts";
import { type PartitionAssignor } from "./partition-assignor.ts";
import { rangeAssignor } from "./range.ts";
import { uniformAssignor } from "./uniform.ts";

/** Every assignor that `group.consumer.assignors` can name: where another one is to be registered. */
const builtins: readonly PartitionAssignor[] = [uniformAssignor, rangeAssignor];

/** The classes that Kafka's early configurations name for the same. */
const byClass: ReadonlyMap<string, PartitionAssignor> = new Map([
  ["org.apache.kafka.coordinator.group.assignor.UniformAssignor", uniformAssignor],
  ["org.apache.kafka.coordinator.group.assignor.RangeAssignor", rangeAssignor],
]);

/**
 * The assignors of these names. Kafka takes names of other Java classes, too.
 * @throws ConfigError when there is no such assignor
 */
export function partitionAssignorsFrom(names: readonly string[]): PartitionAssignor[] {
  return names.map((name) => {
    const assignor = builtins.find((builtin) => builtin.name === name) ?? byClass.get(name);
    if (assignor === undefined) {
      const known = builtins.map((builtin) => builtin.name).join(", ");
      throw new ConfigError(`group.consumer.assignors names "${name}": this broker has ${known}`);
    }
    return assignor;
  });
}
