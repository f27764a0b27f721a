import { commonOptions, type OptionTable } from "../options/option-table.ts";

/** The options of kafka-log-dirs.sh. */
export const logDirsOptions = {
  ...commonOptions,
  "bootstrap-server": {
    description: "REQUIRED: the server(s) to use for bootstrapping",
    argument: "required",
    placeholder: "The server(s) to use for bootstrapping",
  },
  "command-config": {
    description: "Property file containing configs to be passed to Admin Client.",
    argument: "required",
    placeholder: "Admin client property file",
  },
  describe: { description: "Describe the specified log directories on the specified brokers." },
  "topic-list": {
    description:
      'The list of topics to be queried in the form "topic1,topic2,topic3". All topics will be queried if no topic list is specified',
    argument: "required",
    placeholder: "Topic list",
    default: "",
  },
  "broker-list": {
    description:
      'The list of brokers to be queried in the form "0,1,2". All brokers in the cluster will be queried if no broker list is specified',
    argument: "required",
    placeholder: "Broker list",
    default: "",
  },
} as const satisfies OptionTable;
