import { type BrokerConfig } from "../../config/broker-config.ts";

/** As much of the configuration as it takes to say where a directory comes from. */
export type NamedDirectories = Pick<BrokerConfig, "keyOfDirectory">;

/** What keeps a start from using a directory: where, what is wrong and why, what is allowed. */
export function directoryProblem(config: NamedDirectories, directory: string, what: string, cause: Error): string {
  return `Invalid value ${directory} for configuration ${config.keyOfDirectory(directory)}: ${what} (${cause.message}); it must be a directory that this process can read and write`;
}
