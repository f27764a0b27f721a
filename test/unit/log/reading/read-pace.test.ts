import { describe, expect, test } from "vitest";
import {
  nextReadMode,
  paceAfter,
  type ReadMode,
  type ReadPace,
  unknownPace,
} from "../../../../src/log/reading/read-pace.ts";

const megabyte = 1_048_576;

/** What is known after reads of a megabyte each. */
function after(...reads: readonly (readonly [ReadMode, number])[]): ReadPace {
  return reads.reduce((pace, [mode, tookMs]) => paceAfter(pace, mode, megabyte, tookMs), unknownPace);
}

const slow = ["cached", 8] as const;
const direct = ["direct", 4] as const;

describe("how a reader that lags reads next", () => {
  test("through the cache as long as nothing is known", () => {
    expect(nextReadMode(unknownPace, true, false)).toBe("cached");
  });

  test("on the event loop when the last bytes came from memory", () => {
    expect(nextReadMode(after(["cached", 0.3]), true, false)).toBe("now");
    expect(nextReadMode(after(["cached", 0.3], ["now", 0.2]), true, false)).toBe("now");
  });

  test("past the cache when they came from the device", () => {
    expect(nextReadMode(after(slow), true, false)).toBe("direct");
    expect(nextReadMode(after(slow, direct, direct), true, false)).toBe("direct");
  });

  test("through the cache where the device is not to be asked, or somebody else has read it too", () => {
    expect(nextReadMode(after(slow), false, false)).toBe("cached");
    expect(nextReadMode(after(slow), true, true)).toBe("cached");
  });

  test("one slow read on the event loop may have been interrupted, two in a row were not", () => {
    const fromMemory = ["cached", 0.3] as const;
    expect(nextReadMode(after(fromMemory, ["now", 9]), true, false)).toBe("now");
    expect(nextReadMode(after(fromMemory, ["now", 9], ["now", 0.2], ["now", 9]), true, false)).toBe("now");
    expect(nextReadMode(after(fromMemory, ["now", 9], ["now", 9]), true, false)).toBe("direct");
  });

  test("now and then it looks whether the cache has what comes now", () => {
    let pace = after(slow);
    const directReads = [];
    for (let probes = 0; probes < 6; probes++) {
      let count = 0;
      for (; nextReadMode(pace, true, false) === "direct"; count++) pace = paceAfter(pace, "direct", megabyte, 4);
      directReads.push(count);
      if (probes < 5) pace = paceAfter(pace, "cached", megabyte, 4);
    }
    expect(directReads).toEqual([4, 8, 16, 32, 64, 64]);
    expect(nextReadMode(paceAfter(pace, "cached", megabyte, 0.4), true, false)).toBe("now");
    expect(nextReadMode(paceAfter(pace, "cached", megabyte, 4), true, false)).toBe("direct");
  });

  test("a busy event loop makes all reads off it slow: they are told apart by those of the device", () => {
    const device = [slow, ["direct", 40], ["direct", 40]] as const;
    expect(nextReadMode(after(...device, ["cached", 12]), true, false)).toBe("now");
    expect(nextReadMode(after(...device, ["cached", 30]), true, false)).toBe("direct");
  });

  test("a large read may take longer than a small one", () => {
    expect(paceAfter(unknownPace, "cached", 8 * megabyte, 6).place).toBe("memory");
    expect(paceAfter(unknownPace, "cached", megabyte / 8, 6).place).toBe("device");
  });
});
