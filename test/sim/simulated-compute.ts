import { gunzipSync, gzipSync } from "node:zlib";
import { type Compute } from "../../src/io/ports.ts";
import { type ManualTime } from "../support/manual-time.ts";
import { type SeededRandom } from "../support/random-bytes.ts";

const longestMs = 20;
const turnsMax = 4;

/** Codecs that take as long as is drawn, while the world goes on. */
export function slowCompute(time: ManualTime, random: SeededRandom): Compute {
  return gzipAfter(() => new Promise<void>((resolve) => time.after(random.below(longestMs + 1), resolve)));
}

/** Codecs that take as many turns of the event loop as are drawn, and no time. */
export function turningCompute(time: ManualTime, random: SeededRandom): Compute {
  return gzipAfter(async () => {
    for (let turns = random.below(turnsMax + 1); turns > 0; turns--) {
      await new Promise<void>((resolve) => time.endOfTurn(resolve));
    }
  });
}

/** Codecs that are done at once. */
export const promptCompute: Compute = gzipAfter(() => Promise.resolve());

/** All that they know is gzip. */
function gzipAfter(rest: () => Promise<void>): Compute {
  return {
    async compress(_codec, data) {
      await rest();
      return gzipSync(data);
    },
    async decompress(_codec, data, sizeBytesMax) {
      await rest();
      return gunzipSync(data, { maxOutputLength: sizeBytesMax });
    },
  };
}
