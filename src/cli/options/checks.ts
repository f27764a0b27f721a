import { type OptionTable, UsageError } from "./option-table.ts";
import { type ParsedOptions } from "./parse-options.ts";

/** Each name must have been given. */
export function checkRequired<T extends OptionTable>(options: ParsedOptions<T>, ...names: (keyof T & string)[]): void {
  for (const name of names) if (!options.has(name)) throw new UsageError(`Missing required argument "[${name}]"`);
}

/** `used` rules out each of `others`. */
export function checkExclusive<T extends OptionTable>(
  options: ParsedOptions<T>,
  used: keyof T & string,
  others: readonly (keyof T & string)[],
): void {
  if (!options.has(used)) return;
  for (const other of others) {
    if (options.has(other)) throw new UsageError(`Option "[${used}]" can't be used with option "[${other}]"`);
  }
}

/** Of the old and the new name of one thing only one may be given. */
export function checkNotTogether<T extends OptionTable>(
  options: ParsedOptions<T>,
  one: keyof T & string,
  other: keyof T & string,
): void {
  if (options.has(one) && options.has(other)) {
    throw new UsageError(`Options --${one} and --${other} cannot be specified together.`);
  }
}

/** Each of the servers must have a port. */
export function checkBootstrapServers(servers: string): void {
  if (servers.trim() === "") throw new UsageError("Error while validating the bootstrap address\n");
  if (!servers.split(",").every((server) => /^.*:[0-9]+$/.test(server))) {
    throw new UsageError("Please provide valid host:port like host1:9091,host2:9092\n");
  }
}
