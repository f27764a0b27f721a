import { javaMapOrder } from "../command/java-hash-order.ts";
import { type GroupContext, printError } from "./group-context.ts";

/** `--delete` */
export async function deleteGroups(context: GroupContext): Promise<void> {
  const { terminal } = context;
  const wanted = await context.groupIds();
  const results = await context.track("Deleting groups", wanted.length, (tell) => context.groups.delete(wanted, tell));
  const groupIds = javaMapOrder([...results.keys()]);
  const deleted = groupIds
    .filter((groupId) => results.get(groupId) === undefined)
    .map((groupId) => `'${groupId}'`)
    .join(", ");
  const failed = groupIds.flatMap((groupId) => {
    const error = results.get(groupId);
    return error === undefined ? [] : [{ groupId, error }];
  });
  if (failed.length === 0) {
    terminal.print(`Deletion of requested consumer groups (${deleted}) was successful.\n`);
    return;
  }
  printError(terminal, "Deletion of some consumer groups failed:");
  for (const { groupId, error } of failed) {
    terminal.print(`* Group '${groupId}' could not be deleted due to: ${error.kind}: ${error.message}\n`);
  }
  if (deleted !== "") terminal.print(`\nThese consumer groups were deleted successfully: ${deleted}\n`);
}
