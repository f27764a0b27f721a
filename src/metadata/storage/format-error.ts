/** Why a format command cannot be done; its message is what Kafka's tool prints to standard error. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}
