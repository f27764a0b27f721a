import { gunzipSync, gzipSync } from "node:zlib";
import { type Compute } from "../../src/io/ports.ts";
import { type ManualTime } from "../support/manual-time.ts";
import { type SeededRandom } from "../support/random-bytes.ts";

const longestMs = 20;

/** Codecs that take as long as is drawn, while the world goes on. All that they know is gzip. */
export function slowCompute(time: ManualTime, random: SeededRandom): Compute {
  const rest = () => new Promise<void>((resolve) => time.after(random.below(longestMs + 1), resolve));
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
