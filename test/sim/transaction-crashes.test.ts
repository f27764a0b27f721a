import { describe, expect, test } from "vitest";
import { crashTransactions } from "./transaction-crashes.ts";

const portions = {
  "that is there in full": (sizeBytes: number) => sizeBytes,
  "of which half is there": (sizeBytes: number) => sizeBytes >> 1,
};

describe.each([2, 1])("with transaction.version %i a broker dies", (transactionVersion) => {
  test.each(Object.entries(portions))("at each write, %s", { timeout: 60_000 }, async (_, portion) => {
    const operations = await crashTransactions({ transactionVersion });
    expect(operations).toBeGreaterThan(30);
    for (let cutAt = 1; cutAt <= operations; cutAt++) {
      try {
        await crashTransactions({ transactionVersion, cutAt, portion });
      } catch (error) {
        throw new Error(`at change ${cutAt} of ${operations}`, { cause: error });
      }
    }
  });
});
