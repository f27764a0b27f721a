import { commonOptions, type OptionTable } from "../options/option-table.ts";

/** The options of kafka-delete-records.sh. */
export const deleteRecordsOptions = {
  ...commonOptions,
  "bootstrap-server": {
    description: "REQUIRED: The server to connect to.",
    argument: "required",
    placeholder: "server(s) to use for bootstrapping",
  },
  "offset-json-file": {
    description:
      'REQUIRED: The JSON file with offset per partition. The format to use is:\n{"partitions":\n  [{"topic": "foo", "partition": 1, "offset": 1}],\n "version":1\n}',
    argument: "required",
    placeholder: "Offset json file path",
  },
  "command-config": {
    description: "A property file containing configs to be passed to Admin Client.",
    argument: "required",
    placeholder: "command config property file path",
  },
} as const satisfies OptionTable;
