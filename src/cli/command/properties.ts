import { readFileSync } from "node:fs";
import { parseProperties } from "../../config/properties.ts";
import { ClientError, ConfigurationError } from "../client/kafka-error.ts";

/**
 * Reads a properties file that was named on the command line.
 * @throws ClientError when it cannot be read
 */
export function readProperties(path: string): Map<string, string> {
  try {
    return parseProperties(readFileSync(path, "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ClientError(
      code === "ENOENT" ? "java.nio.file.NoSuchFileException" : "java.io.IOException",
      code === "ENOENT" ? path : (error as Error).message,
    );
  }
}

/** Each `key=value` of an option that may be repeated; a value may hold further equals signs, or be missing. */
export function keyValues(args: readonly string[]): Map<string, string> {
  return new Map(
    args.map((arg) => {
      const equals = arg.indexOf("=");
      return equals < 0 ? [arg, ""] : [arg.slice(0, equals), arg.slice(equals + 1)];
    }),
  );
}

/** A client's properties, typed: what the file and the command line gave, in Kafka's names. */
export class ClientProperties {
  readonly values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
    const protocol = values.get("security.protocol");
    if (protocol !== undefined && protocol.toUpperCase() !== "PLAINTEXT") {
      throw new ConfigurationError(
        `security.protocol ${protocol} is not supported by this tool yet: only PLAINTEXT is`,
      );
    }
  }

  text(name: string): string | undefined {
    return this.values.get(name);
  }

  number(name: string, otherwise: number): number {
    const text = this.values.get(name)?.trim();
    if (text === undefined) return otherwise;
    if (!/^[+-]?\d+$/.test(text)) {
      throw new ConfigurationError(`Invalid value ${text} for configuration ${name}: Not a number of type INT`);
    }
    return Number(text);
  }

  flag(name: string, otherwise: boolean): boolean {
    const text = this.values.get(name)?.trim().toLowerCase();
    if (text === undefined) return otherwise;
    if (text !== "true" && text !== "false") {
      throw new ConfigurationError(
        `Invalid value ${text} for configuration ${name}: Expected value to be either true or false`,
      );
    }
    return text === "true";
  }
}
