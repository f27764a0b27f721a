import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BufferPool } from "../../../src/base/buffer-pool.ts";
import { FrameAssembler } from "../../../src/server/frame-assembler.ts";

function framed(body: Buffer): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(body.length);
  return Buffer.concat([prefix, body]);
}

function drain(frames: FrameAssembler): Buffer[] {
  const found: Buffer[] = [];
  for (let next = frames.next(); next !== undefined; next = frames.next()) {
    // What was gathered is used again: the pool may hand it out when the frame is done.
    found.push(next.length > 5_000 ? Buffer.from(next) : next);
    frames.done();
  }
  return found;
}

test("frames come out whole, however the stream is cut", () => {
  const body = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1_000, maxLength: 9_000 }));
  const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 100, max: 5_000 })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(fc.array(body, { maxLength: 6 }), cuts, (bodies, sizes) => {
      const expected = bodies.map((each) => Buffer.from(each));
      const stream = Buffer.concat(expected.map(framed));
      const frames = new FrameAssembler(10_000, new BufferPool());
      const found: Buffer[] = [];
      for (let at = 0, cut = 0; at < stream.length; cut++) {
        const end = at + (sizes[cut % sizes.length] as number);
        // A chunk of its own, as from a socket, that nobody else may write to.
        frames.push(Buffer.from(stream.subarray(at, end)));
        found.push(...drain(frames));
        at = end;
      }
      expect(found.map((each) => each.toString("hex"))).toEqual(expected.map((each) => each.toString("hex")));
      expect(frames.hasBytes()).toBe(false);
    }),
  );
});

test("a frame within one chunk is a view of it", () => {
  const chunk = Buffer.concat([framed(Buffer.from("one")), framed(Buffer.from("two"))]);
  const frames = new FrameAssembler(10, new BufferPool());
  frames.push(chunk);
  const [one, two] = drain(frames);
  expect([one?.toString(), two?.toString()]).toEqual(["one", "two"]);
  expect([one?.buffer, two?.buffer]).toEqual([chunk.buffer, chunk.buffer]);
});

/** What a socket does that receives where it is told to. */
function receive(frames: FrameAssembler, stream: Buffer, readBytesMax: number): Buffer[] {
  const shared = Buffer.alloc(readBytesMax);
  const found: Buffer[] = [];
  for (let at = 0; at < stream.length;) {
    const target = frames.target() ?? shared;
    const length = stream.copy(target, 0, at, at + readBytesMax);
    frames.push(target.subarray(0, length));
    for (let next = frames.next(); next !== undefined; next = frames.next()) {
      found.push(Buffer.from(next));
      frames.done();
    }
    frames.detach();
    shared.fill(0xee);
    at += length;
  }
  return found;
}

test.each([3_000, 70_000, 200_000])("large frames are received in place, in reads of %i bytes", (readBytesMax) => {
  const bodies = [10, 300_000, 150_000, 0, 299_999, 70_000, 1, 300_000].map((length, index) =>
    Buffer.alloc(length, `frame ${index}.`),
  );
  const frames = new FrameAssembler(1_000_000, new BufferPool());
  const found = receive(frames, Buffer.concat(bodies.map(framed)), readBytesMax);
  expect(found.map((each) => each.equals(bodies[found.indexOf(each)]!))).toEqual(bodies.map(() => true));
});

test("the rest of a large frame goes where its beginning is", () => {
  const frames = new FrameAssembler(1_000_000, new BufferPool());
  const stream = framed(Buffer.alloc(500_000, "x"));
  frames.push(stream.subarray(0, 400_000));
  expect(frames.next()).toBeUndefined();
  const target = frames.target()!;
  // All of what is missing, and nothing beyond it: what follows is another frame's.
  expect(target.length).toBe(100_004);
  stream.copy(target, 0, 400_000);
  frames.push(target.subarray(0, 100_004));
  expect(frames.target()).toBeUndefined();
  expect(frames.hasBytes()).toBe(true);
  const frame = frames.next()!;
  expect(frame.buffer).toBe(target.buffer);
  expect(frame.equals(stream.subarray(4))).toBe(true);
});

test("the memory of a frame that was gathered is used again when it is done, unless someone has claimed it", () => {
  const pool = new BufferPool();
  const frames = new FrameAssembler(1_000_000, pool);
  const stream = framed(Buffer.alloc(100_000, "x"));
  const gathered = (): Buffer => {
    frames.push(stream.subarray(0, 90_000));
    expect(frames.next()).toBeUndefined();
    frames.push(stream.subarray(90_000));
    return frames.next()!;
  };
  const first = gathered();
  frames.done();
  const second = gathered();
  expect(second.buffer).toBe(first.buffer);
  expect(pool.claim(second)).toBeDefined();
  frames.done();
  expect(gathered().buffer).not.toBe(second.buffer);
});

test("lengths that no request has are refused before anything is asked for", () => {
  for (const [length, message] of [
    [-1, "Invalid receive (size = -1)"],
    [-2_147_483_648, "Invalid receive (size = -2147483648)"],
    [2_147_483_647, "Invalid receive (size = 2147483647 larger than 10)"],
    [11, "Invalid receive (size = 11 larger than 10)"],
  ] as const) {
    const frames = new FrameAssembler(10, new BufferPool());
    const prefix = Buffer.alloc(4);
    prefix.writeInt32BE(length);
    frames.push(prefix);
    expect(() => frames.nextBytes()).toThrow(message);
    expect(() => frames.next()).toThrow(message);
  }
});

test("how long the next frame is can be asked before it is taken, also while its bytes wait and more come", () => {
  const frames = new FrameAssembler(10, new BufferPool());
  const received = framed(Buffer.from("wait"));
  frames.push(received.subarray(0, 3));
  expect(frames.nextBytes()).toBeUndefined();
  frames.push(received.subarray(3, 6));
  expect([frames.nextBytes(), frames.nextBytes()]).toEqual([4, 4]);
  // Who does not take it sees to it that the bytes stay.
  frames.detach();
  received.fill(0xee, 3, 6);
  frames.push(Buffer.concat([received.subarray(6), framed(Buffer.from("next"))]));
  expect(drain(frames).map(String)).toEqual(["wait", "next"]);
  expect(frames.nextBytes()).toBeUndefined();
});

test("memory follows what was received: neither the announced length nor the number of pieces", () => {
  const bytesMax = 100 * 1024 * 1024;
  const sizeBefore = memoryBytes();
  const assemblers = Array.from({ length: 50 }, () => {
    const frames = new FrameAssembler(bytesMax, new BufferPool());
    const prefix = Buffer.alloc(4);
    prefix.writeInt32BE(bytesMax);
    frames.push(prefix);
    for (let at = 0; at < 5_000; at++) {
      frames.push(Buffer.alloc(1));
      frames.next();
    }
    return frames;
  });
  // 250,000 bytes were received; each kept in a buffer of its own they would take more than 25 MB.
  expect(memoryBytes() - sizeBefore).toBeLessThan(10 * 1024 * 1024);
  expect(assemblers.map((frames) => frames.next())).toEqual(assemblers.map(() => undefined));
});

function memoryBytes(): number {
  // Forced collections, so that only what is kept counts (vitest runs without --expose-gc).
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
