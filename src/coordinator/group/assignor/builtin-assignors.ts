import { type PartitionAssignor } from "./partition-assignor.ts";
import { rangeAssignor } from "./range.ts";
import { uniformAssignor } from "./uniform.ts";

/** Every assignor that `group.consumer.assignors` can name: where another one is to be registered. */
const builtins: readonly PartitionAssignor[] = [uniformAssignor, rangeAssignor];

/**
 * The assignors of these names. Kafka takes names of Java classes, too.
 * @throws Error when there is no such assignor, or one is named twice
 */
export function partitionAssignorsFrom(names: readonly string[]): PartitionAssignor[] {
  return names.map((name) => {
    const assignor = builtins.find((builtin) => builtin.name === name);
    if (assignor === undefined) {
      const known = builtins.map((builtin) => builtin.name).join(", ");
      throw new Error(`group.consumer.assignors names "${name}": this broker has ${known}`);
    }
    return assignor;
  });
}
