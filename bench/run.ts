import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { startBroker } from "./harness/broker.ts";
import { cleanUpAtExit } from "./harness/cleanup.ts";
import { kafkaVersion } from "./harness/kafka-distribution.ts";
import { help, parseOptions, type Options, type TargetName } from "./harness/options.ts";
import { measure, type Round } from "./harness/scenarios.ts";
import { kafkaTarget, odradekTarget, type Target } from "./harness/target.ts";
import { machineFacts } from "./report/machine.ts";
import { scatter, table } from "./report/table.ts";

/** The benchmark: Odradek and Apache Kafka in turn, round after round, each on a fresh directory (see `help`). */

const root = join(dirname(process.argv[1]!), "../..");

async function run(options: Options): Promise<void> {
  const targets = options.targets.map((name): Target => (name === "odradek" ? odradekTarget(root) : kafkaTarget(root)));
  const rounds: Record<TargetName, Round[]> = { odradek: [], kafka: [] };
  for (let number = 1; number <= options.rounds; number++) {
    for (const target of targets) {
      process.stderr.write(`round ${number} of ${options.rounds}: ${target.label}\n`);
      const broker = await startBroker(target, options.folder);
      try {
        const round = await measure(broker, options);
        rounds[target.name].push(round);
        for (const [name, value] of round) process.stderr.write(`  ${name} ${Number(value.toPrecision(4))}\n`);
      } finally {
        await broker.stop();
      }
    }
  }
  const text = report(options, rounds);
  process.stdout.write(text);
  if (options.writes) writeFileSync(join(root, "bench/RESULTS.md"), text);
}

function report(options: Options, { odradek, kafka }: Record<TargetName, Round[]>): string {
  const label = `Apache Kafka ${kafkaVersion}`;
  return `# Odradek and Apache Kafka side by side

Medians of ${options.rounds} ${options.rounds === 1 ? "round" : "rounds"}${options.isQuick ? " of the quick run, which says little" : ""}. In every round each broker is started on an empty directory, measured and stopped,
the two taking turns. The load comes from pre-encoded requests over raw sockets, out of a process of its own; CPU time and
memory are those of the broker's processes, from /proc. Kafka runs with the heap and flags of its start script (1 GiB), and
without a logging back end. Both have their default configuration. \`npm run bench\` makes this file.

${table(odradek, kafka, label)}

${machineFacts(root)
  .map((fact) => `- ${fact}`)
  .join("\n")}

## Every round

${scatter(odradek, kafka, label)}
`;
}

cleanUpAtExit();
try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(help);
  else await run(options);
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exit(1);
}
