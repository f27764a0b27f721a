import { type Step, runName } from "../session.ts";
import { isMeant } from "./meant.ts";
import { Player } from "./player.ts";
import { type Script } from "./script.ts";

export interface Difference {
  readonly index: number;
  readonly ours: Step | undefined;
  readonly kafkas: Step | undefined;
}

export interface Ports {
  readonly ours: number;
  readonly kafka: number;
}

/** Plays the script on both; both runs have the same names, so that what hangs on their hashes is the same too. */
async function played(script: Script, ports: Ports): Promise<{ ours: Step[]; kafkas: Step[] }> {
  const run = runName();
  const [ours, kafkas] = await Promise.all([
    Player.transcriptOf(script, ports.ours, run),
    Player.transcriptOf(script, ports.kafka, run),
  ]);
  return { ours, kafkas };
}

function firstDifference(ours: readonly Step[], kafkas: readonly Step[]): Difference | undefined {
  for (let index = 0; index < Math.max(ours.length, kafkas.length); index++) {
    const difference = { index, ours: ours[index], kafkas: kafkas[index] };
    if (JSON.stringify(difference.ours) !== JSON.stringify(difference.kafkas) && !isMeant(difference))
      return difference;
  }
  return undefined;
}

/**
 * Where the answers to a script differ, if they do. What differs is played again: some answers depend on ids that brokers
 * draw, and differ between two runs of one broker as well.
 */
export async function differenceIn(script: Script, ports: Ports, repetitions = 3): Promise<Difference | undefined> {
  const { ours, kafkas } = await played(script, ports);
  const difference = firstDifference(ours, kafkas);
  if (difference === undefined) return undefined;
  const [allOurs, allKafkas] = [[ours], [kafkas]];
  for (let repetition = 1; repetition < repetitions; repetition++) {
    const again = await played(script, ports);
    allOurs.push(again.ours);
    allKafkas.push(again.kafkas);
    for (const one of allOurs) {
      if (allKafkas.some((other) => firstDifference(one, other) === undefined)) return undefined;
    }
  }
  return difference;
}

/** What two differences have in common that come from the same cause, most likely. */
export function signatureOf({ ours, kafkas }: Difference): string {
  const words = (step: Step | undefined) => {
    const text = JSON.stringify(step ?? null).replace(/"\d+\. /g, '"');
    const codes = text.match(/[A-Z]+(?:_[A-Z]+)+|NONE|waits|closed/g) ?? [];
    return [/^\{"step":"(\w+)/.exec(text)?.[1], ...new Set(codes)].join(" ");
  };
  return `ours ${words(ours)} | Kafka ${words(kafkas)}`;
}
