import { ClientError } from "../client/kafka-error.ts";

/** The topics of `--topic`: a regular expression that must match the whole name, in which a comma means "or". */
export function topicFilter(text: string): (name: string) => boolean {
  const source = text
    .trim()
    .replaceAll(",", "|")
    .replaceAll(" ", "")
    .replace(/^["']+/, "")
    .replace(/["']+$/, "");
  return wholeMatch(source, `${source} is an invalid regex.`);
}

/** A regular expression of a command line, matched against whole names as Java's `matches` does. */
export function wholeMatch(source: string, complaint: string): (name: string) => boolean {
  try {
    // Alone first: "a)|(b" must not become valid by the brackets put around it.
    void new RegExp(source, "u");
    const whole = new RegExp(`^(?:${source})$`, "u");
    return (name) => whole.test(name);
  } catch {
    throw new ClientError("java.lang.RuntimeException", complaint);
  }
}
