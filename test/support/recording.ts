import { describe } from "vitest";

/** What is there only to record answers anew. Elsewhere it is not skipped but absent: what is skipped lacks something. */
export function recording(isWanted: boolean, suite: () => void): void {
  if (isWanted) describe("recording", suite);
}
