import { type ArgumentTable } from "../arguments/argument-table.ts";
import { type TransactionsCommandName } from "./transactions-help.ts";

const help = { short: "h", takes: "nothing", ends: true } as const;
const text = { takes: "value" } as const;
const integer = { takes: "value", type: "Integer" } as const;
const long = { takes: "value", type: "Long" } as const;

/** The options before the command. */
export const transactionsArguments = {
  help,
  version: { short: "v", takes: "nothing", ends: true },
  "command-config": text,
  "bootstrap-server": { ...text, isRequired: true },
} as const satisfies ArgumentTable;

/** The commands of kafka-transactions.sh and their options. */
export const commandArguments: Readonly<Record<TransactionsCommandName, ArgumentTable>> = {
  list: { help, "duration-filter": long, "transactional-id-pattern": text },
  describe: { help, "transactional-id": { ...text, isRequired: true } },
  "describe-producers": {
    help,
    "broker-id": integer,
    topic: { ...text, isRequired: true },
    partition: { ...integer, isRequired: true },
  },
  abort: {
    help,
    topic: { ...text, isRequired: true },
    partition: { ...integer, isRequired: true },
    "start-offset": long,
    "producer-id": long,
    "producer-epoch": { takes: "value", type: "Short" },
    "coordinator-epoch": integer,
  },
  "find-hanging": {
    help,
    "broker-id": integer,
    "max-transaction-timeout": integer,
    topic: text,
    partition: integer,
  },
  forceTerminateTransaction: { help, transactionalId: { ...text, isRequired: true } },
};
