/** A broken invariant: our own bug, not an operating error. It stops the node rather than let it go on wrong. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Checks an invariant; stays on in production. Operating errors are values from the error table, never this. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** For the `default` of a switch that should have named every case. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${String(value)}`);
}
