import { ClientError } from "../client/kafka-error.ts";

/** A command of the tool that came to nothing; the message is all that is printed. */
export class FailedAction extends Error {
  override readonly name = "FailedAction";
}

/** @throws FailedAction that says what failed, and why */
export async function attempt<T>(failure: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    throw new FailedAction(`${failure}: ${error.message}. Enable debug logging for additional detail.`);
  }
}
