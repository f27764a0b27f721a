import { type ArgumentTable } from "../arguments/argument-table.ts";
import { type StorageCommandName } from "./storage-help.ts";

const config = { short: "c", takes: "value", isRequired: true } as const;
const help = { short: "h", takes: "nothing" } as const;

/** The commands of kafka-storage.sh and their options. */
export const storageArguments: Readonly<Record<StorageCommandName, ArgumentTable>> = {
  info: { help, config },
  format: {
    help,
    config,
    "cluster-id": { short: "t", takes: "value", isRequired: true },
    "add-scram": { short: "S", takes: "values" },
    "ignore-formatted": { short: "g", takes: "nothing" },
    "release-version": { short: "r", takes: "value" },
    feature: { short: "f", takes: "values" },
    standalone: { short: "s", takes: "nothing", group: "quorum" },
    "no-initial-controllers": { short: "N", takes: "nothing", group: "quorum" },
    "initial-controllers": { short: "I", takes: "value", group: "quorum" },
  },
  "version-mapping": { help, "release-version": { short: "r", takes: "value" } },
  "feature-dependencies": { help, feature: { short: "f", takes: "values", isRequired: true } },
  "random-uuid": { help },
};
