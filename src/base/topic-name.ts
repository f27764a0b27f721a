/** Kafka's rules for topic names. */
const nameLengthMax = 249;
const legalName = /^[a-zA-Z0-9._-]+$/;

export const consumerOffsetsTopic = "__consumer_offsets";
export const transactionStateTopic = "__transaction_state";
export const shareGroupStateTopic = "__share_group_state";

const internalTopics: ReadonlySet<string> = new Set([
  consumerOffsetsTopic,
  transactionStateTopic,
  shareGroupStateTopic,
]);

/** Whether the topic is the broker's own: clients see it marked so, and may not write to it. */
export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name);
}

/** Why `name` cannot be a topic's, in Kafka's words; undefined when it can. */
export function topicNameProblem(name: string): string | undefined {
  const reason = reasonAgainst(name);
  return reason === undefined ? undefined : `Topic name is invalid: ${reason}`;
}

function reasonAgainst(name: string): string | undefined {
  if (name === "") return "the empty string is not allowed";
  if (name === "." || name === "..") return `'${name}' is not allowed`;
  if (name.length > nameLengthMax) {
    return `the length of '${name}' is longer than the max allowed length ${nameLengthMax}`;
  }
  if (!legalName.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
  }
  return undefined;
}

/** The same for names that metrics cannot tell apart: those that differ only in "." against "_". */
export function collisionKey(name: string): string {
  return name.replaceAll(".", "_");
}
