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

/** Ids of classic members are drawn, and what consumer groups assign goes by the order of their hashes. */
function isOfChance({ steps }: Script): boolean {
  return ["joinGroup", "consumerGroupHeartbeat"].every((api) => steps.some((step) => step.api === api));
}

/**
 * Where the answers to a script differ, if they do. What differs is played again: some answers depend on ids that brokers
 * draw, and differ between two runs of one broker as well. What counts is the pair of runs that agrees for longest.
 */
export async function differenceIn(script: Script, ports: Ports, isThorough = true): Promise<Difference | undefined> {
  const repetitions = (isThorough ? 3 : 1) * (isOfChance(script) ? 2 : 1);
  const ours: Step[][] = [];
  const kafkas: Step[][] = [];
  let last: Difference | undefined;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const both = await played(script, ports);
    ours.push(both.ours);
    kafkas.push(both.kafkas);
    for (const one of ours) {
      for (const other of kafkas) {
        const difference = firstDifference(one, other);
        if (difference === undefined) return undefined;
        if (last === undefined || difference.index > last.index) last = difference;
      }
    }
  }
  return last;
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
