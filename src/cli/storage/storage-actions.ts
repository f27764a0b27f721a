import { BrokerConfig } from "../../config/broker-config.ts";
import { nodeClock } from "../../io/node/node-clock.ts";
import { nodeDisk } from "../../io/node/node-disk.ts";
import { nodeRandom } from "../../io/node/node-random.ts";
import { featureDependencies, versionMapping } from "../../metadata/storage/feature-listing.ts";
import { formatOptionsFor, logDirectoriesOf } from "../../metadata/storage/format-command.ts";
import { formatStorage } from "../../metadata/storage/formatter.ts";
import { storageInfo } from "../../metadata/storage/storage-info.ts";
import { readProperties } from "../command/properties.ts";
import { type Terminal } from "../command/terminal.ts";
import { type Arguments } from "../arguments/argument-table.ts";
import { type StorageCommandName } from "./storage-help.ts";

type Action = (given: Arguments, terminal: Terminal) => number;

/** What each command does; the result is the exit code. */
export const storageActions: Readonly<Record<Exclude<StorageCommandName, "random-uuid">, Action>> = {
  info(given, terminal) {
    const { lines, exitCode } = storageInfo(logDirectoriesOf(readConfig(given)), nodeDisk);
    printLines(lines, terminal);
    return exitCode;
  },

  format(given, terminal) {
    const options = formatOptionsFor(
      readConfig(given),
      {
        clusterId: given.get("cluster-id")?.[0] ?? "",
        ignoreFormatted: given.has("ignore-formatted"),
        releaseVersion: given.get("release-version")?.[0],
        features: given.get("feature") ?? [],
        addScram: given.get("add-scram") ?? [],
        standalone: given.has("standalone"),
        noInitialControllers: given.has("no-initial-controllers"),
        initialControllers: given.get("initial-controllers")?.[0],
      },
      nodeRandom,
    );
    const result = formatStorage(options, { disk: nodeDisk, random: nodeRandom, nowMs: nodeClock.wallMs() });
    printLines(result.lines, terminal);
    if (!result.ok) terminal.printError(`${result.error}\n`);
    return result.ok ? 0 : 1;
  },

  "version-mapping"(given, terminal) {
    printLines(versionMapping(given.get("release-version")?.[0]), terminal);
    return 0;
  },

  "feature-dependencies"(given, terminal) {
    printLines(featureDependencies(given.get("feature") ?? []), terminal);
    return 0;
  },
};

function readConfig(given: Arguments): BrokerConfig {
  return new BrokerConfig(readProperties(given.get("config")?.[0] ?? ""));
}

function printLines(lines: readonly string[], terminal: Terminal): void {
  for (const line of lines) terminal.print(`${line}\n`);
}
