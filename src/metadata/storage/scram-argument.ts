// Derives keys from passwords; the random salt still comes through the port.
// oxlint-disable-next-line no-restricted-imports
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { type Random } from "../../io/ports.ts";
import { type UserScramCredentialRecord } from "../../protocol/metadata-records/user-scram-credential.ts";
import { FormatError } from "./format-error.ts";

interface Mechanism {
  readonly type: number;
  readonly name: string;
  readonly hash: string;
  readonly sizeBytes: number;
}

const mechanisms: readonly Mechanism[] = [
  { type: 1, name: "SCRAM-SHA-256", hash: "sha256", sizeBytes: 32 },
  { type: 2, name: "SCRAM-SHA-512", hash: "sha512", sizeBytes: 64 },
];
const iterationsMin = 4096;
const iterationsMax = 16384;
const saltSizeBytes = 20;

/**
 * The credential of one `--add-scram`: `SCRAM-SHA-256=[name=alice,password=secret]`, or with `iterations`, `salt` and
 * `saltedpassword` (the last two in base64).
 * @throws FormatError worded as Kafka does
 */
export function parseScramArgument(argument: string, random: Random): UserScramCredentialRecord {
  const { mechanism, configuration } = splitMechanism(argument.trim());
  const components = parseComponents(configuration);
  const take = (key: string): string | undefined => {
    const value = components.get(key);
    components.delete(key);
    return value;
  };
  const name = take("name");
  if (name === undefined) throw new FormatError("You must supply 'name' to add-scram");
  const saltText = take("salt");
  const givenSalt =
    saltText === undefined ? undefined : decodeBase64(saltText, `Failed to decode given salt: ${saltText}`);
  const iterations = parseIterations(take("iterations"), mechanism);
  const password = take("password");
  const saltedText = take("saltedpassword");
  if (password === undefined && saltedText === undefined) {
    throw new FormatError("You must supply one of 'password' or 'saltedpassword' to add-scram");
  }
  if (password === undefined && givenSalt === undefined) {
    throw new FormatError("You must supply 'salt' with 'saltedpassword' to add-scram");
  }
  if (components.size > 0) {
    throw new FormatError(`Unknown SCRAM configurations: ${[...components.keys()].sort().join(", ")}`);
  }
  const salt = givenSalt ?? random.bytes(saltSizeBytes);
  const saltedPassword =
    password === undefined
      ? decodeBase64(saltedText ?? "", `Failed to decode given saltedPassword: ${saltedText}`)
      : pbkdf2Sync(password, salt, iterations, mechanism.sizeBytes, mechanism.hash);
  const hmac = (text: string) => createHmac(mechanism.hash, saltedPassword).update(text).digest();
  return {
    name,
    mechanism: mechanism.type,
    salt,
    storedKey: createHash(mechanism.hash).update(hmac("Client Key")).digest(),
    serverKey: hmac("Server Key"),
    iterations,
  };
}

function splitMechanism(argument: string): { mechanism: Mechanism; configuration: string } {
  const equals = argument.indexOf("=");
  if (equals < 0) throw new FormatError(`Failed to find equals sign in SCRAM argument '${argument}'`);
  const name = argument.slice(0, equals);
  const configuration = argument.slice(equals + 1);
  const mechanism = mechanisms.find((each) => each.name === name);
  if (mechanism === undefined) throw new FormatError(`The add-scram mechanism ${name} is not supported.`);
  if (!configuration.startsWith("[")) throw new FormatError("Expected configuration string to start with [");
  if (!configuration.endsWith("]")) throw new FormatError("Expected configuration string to end with ]");
  return { mechanism, configuration: configuration.slice(1, -1) };
}

function parseComponents(configuration: string): Map<string, string> {
  const components = new Map<string, string>();
  for (const component of configuration.split(",")) {
    const equals = component.indexOf("=");
    if (equals < 0) throw new FormatError(`No equals sign found in SCRAM component: ${component}`);
    const value = component.slice(equals + 1);
    const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
    components.set(component.slice(0, equals), isQuoted ? value.slice(1, -1) : value);
  }
  return components;
}

function parseIterations(text: string | undefined, mechanism: Mechanism): number {
  if (text === undefined) return iterationsMin;
  if (!/^[+-]?\d+$/.test(text)) throw new FormatError(`Failed to parse iterations count: ${text}`);
  const iterations = Number(text);
  const constant = mechanism.name.replaceAll("-", "_");
  if (iterations < iterationsMin) {
    throw new FormatError(`The 'iterations' value must be >= ${iterationsMin} for add-scram using ${constant}`);
  }
  if (iterations > iterationsMax) {
    throw new FormatError(`The 'iterations' value must be <= ${iterationsMax} for add-scram using ${constant}`);
  }
  return iterations;
}

function decodeBase64(text: string, message: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 === 1) throw new FormatError(message);
  return Buffer.from(text, "base64");
}
