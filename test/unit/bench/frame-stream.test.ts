import * as fc from "fast-check";
import { expect, it } from "vitest";
import { FrameStream } from "../../../bench/load/frame-stream.ts";

function frameOf(body: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeInt32BE(body.length);
  frame.set(body, 4);
  return frame;
}

it("cuts the same frames from a stream, however it comes in chunks", () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 8 });
  fc.assert(
    fc.property(bodies, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (contents, chunkSizes) => {
      const frames = contents.map(frameOf);
      const bytes = Buffer.concat(frames);
      const seen: { head: string; sizeBytes: number }[] = [];
      const stream = new FrameStream((head, sizeBytes) => {
        seen.push({ head: head.toString("hex", 0, Math.min(sizeBytes, head.length)), sizeBytes });
      });
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = Math.min(chunkSizes[turn % chunkSizes.length]!, bytes.length - at);
        stream.feed(Buffer.from(bytes.subarray(at, at + size)), size);
        at += size;
      }
      expect(seen).toEqual(frames.map((frame) => ({ head: frame.toString("hex", 0, 256), sizeBytes: frame.length })));
    }),
  );
});
