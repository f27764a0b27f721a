import { type SeededRandom } from "../../support/random-bytes.ts";

/** Numbers at which decoders and handlers go wrong. */
const oddNumbers = [0, 1, -1, -2, 127, 128, 0x7f_ff, 0x80_00, 0xff_ff, 1_000_000, 0x7f_ff_ff_ff, -0x80_00_00_00];
/** The API's key and version stay, so that the change is met where it was made. */
const keptBytes = 4;

/** A request (without its length) with something changed, cut off, put in or taken from another. */
export function mutated(request: Buffer, others: readonly Buffer[], random: SeededRandom): Buffer {
  let bytes: Buffer = Buffer.from(request);
  for (let changes = 1 + random.below(2); changes > 0; changes--) bytes = changed(bytes, others, random);
  return bytes;
}

function changed(bytes: Buffer, others: readonly Buffer[], random: SeededRandom): Buffer {
  const at = Math.min(bytes.length, keptBytes + random.below(Math.max(1, bytes.length - keptBytes)));
  switch (random.below(12)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at)]);
    case 2: {
      const other = others[random.below(others.length)] as Buffer;
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length))]);
    }
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(6))]);
    case 4: {
      const odd = oddNumbers[random.below(oddNumbers.length)] ?? 0;
      if (at + 4 <= bytes.length) bytes.writeInt32BE(odd, at);
      return bytes;
    }
    default:
      if (at < bytes.length)
        bytes[at] = random.below(3) === 0 ? random.below(256) : (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
  }
}
