/** Something outside the process keeps the node from starting: the message tells a person what, and what to do. */
export class StartupError extends Error {
  override readonly name = "StartupError";
}
