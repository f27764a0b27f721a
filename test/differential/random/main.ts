import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { areas } from "./areas.ts";
import { startBoth, warmUp } from "./brokers.ts";
import { Draw } from "./draw.ts";
import { Player } from "./player.ts";
import { type Ports, differenceIn, signatureOf } from "./pair.ts";
import { type Script, scriptText } from "./script.ts";
import { runName } from "../session.ts";
import { shrunk } from "./shrink.ts";

const usage = `npm run differential:random -- [options]

  --area <name>        ${Object.keys(areas).join(", ")}; all by default
  --seed <seed>        the first seed (default: the time)
  --sequences <count>  how many scripts of each area are played (default 100)
  --minutes <count>    ends after so many minutes, whatever the number of scripts
  --steps <count>      requests of a script, about (default 25)
  --ours <port>        of brokers that run already; else one of each is started
  --kafka <port>
  --play <file>        plays this script, and prints all answers
  --print              prints the scripts and plays none`;

const { values } = parseArgs({
  options: {
    area: { type: "string" },
    seed: { type: "string", default: String(Math.floor(Date.now() / 1_000)) },
    sequences: { type: "string", default: "100" },
    minutes: { type: "string", default: "Infinity" },
    steps: { type: "string", default: "25" },
    ours: { type: "string" },
    kafka: { type: "string" },
    play: { type: "string" },
    print: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** Some answer was waited for. */
const slowMs = 4_000;
const chosen = Object.entries(areas).filter(([name]) => values.area === undefined || name === values.area);
const first = Number(values.seed);
const sequences = Number(values.sequences);

if (values.help || chosen.length === 0) console.log(usage);
else if (values.print)
  for (let seed = first; seed < first + sequences; seed++)
    for (const script of scriptsOf(seed)) console.log(scriptText(script));
else if (values.ours !== undefined && values.kafka !== undefined)
  await run({ ours: Number(values.ours), kafka: Number(values.kafka) });
else {
  const both = await startBoth();
  try {
    await run(both.ports);
  } finally {
    await both.remove();
  }
}

function scriptsOf(seed: number) {
  return chosen.map(([name, generate]) => generate(`${name}-${seed}`, new Draw(seed), Number(values.steps)));
}

async function run(ports: Ports): Promise<void> {
  if (values.play !== undefined) return play(JSON.parse(readFileSync(values.play, "utf8")) as Script, ports);
  await Promise.all([warmUp(ports.ours), warmUp(ports.kafka)]);
  const endMs = Date.now() + Number(values.minutes) * 60_000;
  const counts = new Map<string, number>();
  let played = 0;
  for (let seed = first; seed < first + sequences && Date.now() < endMs; seed++) {
    for (const script of scriptsOf(seed)) {
      played += 1;
      const startedMs = performance.now();
      const difference = await differenceIn(script, ports);
      const tookMs = performance.now() - startedMs;
      if (tookMs > slowMs) console.log(`${script.name} took ${Math.round(tookMs)} ms`);
      if (difference === undefined) continue;
      const signature = signatureOf(difference);
      const count = (counts.get(signature) ?? 0) + 1;
      counts.set(signature, count);
      // One of a kind is shown; the others are counted.
      if (count > 1) continue;
      const isSame = async (shorter: Script) => {
        const found = await differenceIn(shorter, ports, false);
        return found !== undefined && signatureOf(found) === signature;
      };
      const short = await shrunk(script, isSame);
      const left = await differenceIn(short, ports);
      if (left === undefined) {
        console.log(`\n${script.name}: differs by chance, it seems: ${signature}`);
        continue;
      }
      console.log(`\n${script.name} differs: ${signature}\n${scriptText(short)}`);
      console.log(`ours:  ${JSON.stringify(left.ours)}\nKafka: ${JSON.stringify(left.kafkas)}`);
    }
  }
  console.log(`\n${played} scripts, ${[...counts.values()].reduce((sum, count) => sum + count, 0)} differ`);
  for (const [signature, count] of counts) console.log(`  ${count} times: ${signature}`);
  process.exitCode = counts.size === 0 ? 0 : 1;
}

async function play(script: Script, ports: Ports): Promise<void> {
  const run = runName();
  const ours = await Player.transcriptOf(script, ports.ours, run);
  const kafkas = await Player.transcriptOf(script, ports.kafka, run);
  for (let index = 0; index < Math.max(ours.length, kafkas.length); index++) {
    const [one, other] = [JSON.stringify(ours[index]), JSON.stringify(kafkas[index])];
    console.log(one === other ? `both:  ${one}` : `ours:  ${one}\nKafka: ${other}`);
  }
}
