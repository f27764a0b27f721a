import * as fc from "fast-check";
import { expect, test } from "vitest";
import { AnswerAssembler } from "../../../../src/cli/client/answer-assembler.ts";

test("frames come out whole and as copies, however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.array(fc.integer({ min: 1, max: 17 })),
      (frames, cuts) => {
        const stream = Buffer.concat(
          frames.map((frame) => {
            const length = Buffer.alloc(4);
            length.writeInt32BE(frame.length);
            return Buffer.concat([length, frame]);
          }),
        );
        const received: Buffer[] = [];
        const assembler = new AnswerAssembler((frame) => received.push(frame));
        for (let at = 0, index = 0; at < stream.length; index++) {
          const size = cuts[index % Math.max(cuts.length, 1)] ?? 5;
          const chunk = Buffer.from(stream.subarray(at, at + size));
          assembler.push(chunk);
          chunk.fill(0xff);
          at += size;
        }
        expect(received.map((frame) => frame.toString("hex"))).toEqual(
          frames.map((frame) => Buffer.from(frame).toString("hex")),
        );
      },
    ),
  );
});
