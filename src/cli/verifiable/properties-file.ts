import { ArgumentError } from "../arguments/argument-table.ts";
import { type GivenArguments } from "../arguments/given-arguments.ts";
import { ClientError } from "../client/kafka-error.ts";
import { readProperties } from "../command/properties.ts";
import { type Terminal } from "../command/terminal.ts";

/**
 * The properties of the file that was named by `--command-config`, or by its old name.
 * @throws ArgumentError
 */
export function propertiesFile(given: GivenArguments, oldName: string, terminal: Terminal): Map<string, string> {
  if (given.has(oldName) && given.has("command-config"))
    throw new ArgumentError(`Options --${oldName} and --command-config are mutually exclusive.`);
  if (given.has(oldName)) {
    terminal.print(
      `Option --${oldName} has been deprecated and will be removed in a future version. Use --command-config instead.\n`,
    );
  }
  const file = given.text(oldName) ?? given.text("command-config");
  try {
    return file === undefined ? new Map() : readProperties(file);
  } catch (error) {
    throw error instanceof ClientError ? new ArgumentError(error.message) : error;
  }
}
