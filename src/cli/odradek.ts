import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runServerBundle } from "./server/server-bundle.ts";

const help = `odradek: a Kafka-compatible broker and controller in one process

  odradek [FILE] [--override name=value]...

FILE is in the format of Kafka's server.properties (default: the one that comes with the package, which listens on
port 9092 of every interface and keeps its data in ./data). A data directory that is empty is formatted with a new cluster id.

  --override name=value  sets one configuration; may be given several times
  --version              prints the version
  --help                 prints this text

KAFKA_... variables set configurations as in the official image. ODRADEK_LOG sets log levels ("info,network=debug"),
ODRADEK_LOG_FORMAT the form of the log ("text" or "json").
`;

const root = new URL("../../", import.meta.url);

function fail(message: string): never {
  process.stderr.write(`${message}\nSee odradek --help.\n`);
  process.exit(1);
}

async function main(args: readonly string[]): Promise<void> {
  const overrides: string[] = [];
  let file: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    if (arg === "--help") return void process.stdout.write(help);
    if (arg === "--version") {
      const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
      return void process.stdout.write(`${version}\n`);
    }
    if (arg === "--override") overrides.push(args[++index] ?? fail("--override takes name=value"));
    else if (arg.startsWith("--override=")) overrides.push(arg.slice("--override=".length));
    else if (arg.startsWith("-")) fail(`Unknown option ${arg}`);
    else if (file === undefined) file = arg;
    else fail(`One properties file is enough: ${file}, ${arg}`);
  }
  const propertiesFile = file ?? fileURLToPath(new URL("config/server.properties", root));
  await runServerBundle({ propertiesFile, overrides, autoFormat: true });
}

void main(process.argv.slice(2));
