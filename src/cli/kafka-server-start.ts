import { kafkaVersion } from "./command/run-command.ts";
import { helpText } from "./options/help-text.ts";
import { OptionError } from "./options/option-table.ts";
import { parseOptions } from "./options/parse-options.ts";
import { startDaemon } from "./server/daemon.ts";
import { runServerBundle } from "./server/server-bundle.ts";
import { serverStartOptions, serverStartUsage } from "./server/server-start-options.ts";

function fail(message: string): void {
  process.stderr.write(`${message}\n${helpText(serverStartOptions)}`);
  process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<void> {
  const [first, ...rest] = args;
  if (first === undefined || args.includes("--help")) return fail(serverStartUsage);
  if (args.includes("--version")) {
    process.stdout.write(`${kafkaVersion}\n`);
    return;
  }
  if (first === "-daemon") return rest.length === 0 ? fail(serverStartUsage) : startDaemon(rest);
  const stray = rest.filter((word, index) => !word.startsWith("-") && rest[index - 1] !== "--override");
  if (stray.length > 0) return fail(`Found non argument parameters: ${stray.join(",")}`);
  try {
    const overrides = parseOptions(serverStartOptions, rest).all("override");
    await runServerBundle({ propertiesFile: first, overrides, autoFormat: false });
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    fail(error.message);
  }
}

void main(process.argv.slice(2));
