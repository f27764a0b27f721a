import { logScript } from "./areas/log.ts";
import { classicGroupScript } from "./areas/classic-groups.ts";
import { consumerGroupScript } from "./areas/consumer-groups.ts";
import { transactionScript } from "./areas/transactions.ts";
import { type Draw } from "./draw.ts";
import { type Script } from "./script.ts";

export type Generator = (name: string, draw: Draw, steps: number) => Script;

/** What scripts are made of, by the name of the area. */
export const areas: Readonly<Record<string, Generator>> = {
  log: logScript,
  "classic-groups": classicGroupScript,
  "consumer-groups": consumerGroupScript,
  transactions: transactionScript,
};
