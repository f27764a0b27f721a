import { commonOptions, type OptionTable } from "../options/option-table.ts";

/** The options of kafka-groups.sh. */
export const groupsOptions = {
  ...commonOptions,
  "bootstrap-server": {
    description: "REQUIRED: The Kafka server to connect to.",
    argument: "required",
    placeholder: "server to connect to",
    isRequired: true,
  },
  "command-config": {
    description: "Property file containing configs to be passed to Admin Client.",
    argument: "required",
    placeholder: "command config property file",
  },
  list: { description: "List the groups." },
  "group-type": {
    description:
      "Filter the groups based on group type. Valid types are: 'classic', 'consumer', 'share' and 'streams'.",
    argument: "required",
    placeholder: "type",
  },
  protocol: {
    description: "Filter the groups based on protocol type.",
    argument: "required",
    placeholder: "protocol",
  },
  consumer: {
    description:
      "Filter the groups to show all kinds of consumer groups, including classic and simple consumer groups. This matches group type 'consumer', and group type 'classic' where the protocol type is 'consumer' or empty.",
  },
  share: { description: "Filter the groups to show share groups." },
  streams: { description: "Filter the groups to show streams groups." },
} as const satisfies OptionTable;
