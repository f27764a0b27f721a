import { ClientError } from "../client/kafka-error.ts";

/** A wish that cannot be: its message is all that is printed. */
export class ConfigProblem extends ClientError {}

export function illegal(message: string): ConfigProblem {
  return new ConfigProblem("java.lang.IllegalArgumentException", message);
}

export function isBrokerId(text: string): boolean {
  return /^[+-]?\d+$/.test(text) && Number(text) === (Number(text) | 0);
}
