import { checkRequired } from "../options/checks.ts";
import { type Command } from "../command/run-command.ts";
import { dumpFiles } from "./dump-files.ts";
import { dumpLogOptions } from "./dump-log-options.ts";

/** kafka-dump-log.sh */
export const dumpLogCommand: Command<typeof dumpLogOptions> = {
  options: dumpLogOptions,
  summary:
    "This tool helps to parse a log file and dump its contents to the console, useful for debugging a seemingly corrupt log segment.",
  explainsParseErrors: false,
  errorPrefix: () => `Exception in thread "main" `,
  async run(options, terminal) {
    checkRequired(options, "files");
    await dumpFiles(options, terminal);
    return 0;
  },
};
