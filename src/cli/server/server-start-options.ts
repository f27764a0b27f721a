import { commonOptions, type OptionTable } from "../options/option-table.ts";

/** The options of kafka-server-start.sh, behind the properties file. */
export const serverStartOptions = {
  ...commonOptions,
  override: {
    description: "Optional property that should override values set in server.properties file",
    argument: "required",
  },
} as const satisfies OptionTable;

export const serverStartUsage = "USAGE: kafka-server-start.sh [-daemon] server.properties [--override property=value]*";
