import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLogger } from "../../src/io/node/node-logger.ts";
import { apis, type Api, type ApiName } from "../../src/protocol/apis.ts";
import { encodeRequestFrame } from "../../src/protocol/request-header.ts";
import { PendingAnswer } from "../../src/server/answer.ts";
import { HandlerTable } from "../../src/server/handler-table.ts";
import { type AnyHandler } from "../../src/server/handler.ts";
import { RequestError, Router } from "../../src/server/router.ts";
import { testContext } from "../unit/server/test-context.ts";

const names = Object.keys(apis) as ApiName[];
const { connection } = testContext();

/** Every API is served; each request is answered with nothing but defaults. */
function router(): { router: Router; errors: string[] } {
  const errors: string[] = [];
  const handlers = names.map((api) => ({ api, handle: () => ({}) }) as unknown as AnyHandler);
  const logger = createLogger({ format: "json", write: (line) => errors.push(line) });
  return { router: new Router(new HandlerTable(handlers, true), logger), errors };
}

function outcome(target: Router, frame: Buffer): "answered" | "refused" {
  try {
    const answer = target.route(frame, connection);
    expect(answer).not.toBeInstanceOf(PendingAnswer);
    return "answered";
  } catch (error) {
    expect(error).toBeInstanceOf(RequestError);
    return "refused";
  }
}

/** A request of nothing but defaults, without its length. */
function plainRequest(name: ApiName, version: number): Buffer {
  const header = { correlationId: 1, clientId: "fuzz" };
  return encodeRequestFrame(apis[name] as never, version, header, {} as never)
    .toBuffer()
    .subarray(4);
}

const requests = names.flatMap((name) => {
  const { from, to } = (apis[name] as Api).request.versions;
  return Array.from({ length: to - from + 1 }, (_, index) => plainRequest(name, from + index));
});

test("a plain request of every API and version is answered on some listener", () => {
  const target = router();
  const outcomes = new Set(
    requests.map((frame) => {
      const api = names.find((name) => apis[name].key === frame.readInt16BE(0)) as ApiName;
      const [scope] = (apis[api] as Api).scopes;
      target.router.route(frame, { ...connection, scope: scope as "broker" });
      return "answered";
    }),
  );
  expect([...outcomes]).toEqual(["answered"]);
  expect(target.errors).toEqual([]);
});

test("any bytes are answered or refused, and nothing else happens", () => {
  const target = router();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void outcome(target.router, Buffer.from(bytes))),
    {
      numRuns: 2_000,
    },
  );
});

test("so are requests that were changed, cut or lengthened somewhere", () => {
  const target = router();
  const counts = { answered: 0, refused: 0 };
  const edits = fc.array(fc.tuple(fc.nat(80), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...requests), edits, fc.integer({ min: -20, max: 20 }), (original, changes, growth) => {
      const frame = Buffer.alloc(Math.max(0, original.length + growth), 0xff);
      original.copy(frame);
      // Behind the API key and its version, which are tried above.
      for (const [at, byte] of changes) if (4 + at < frame.length) frame[4 + at] = byte;
      counts[outcome(target.router, frame)] += 1;
    }),
    { numRuns: 5_000 },
  );
  expect(counts.answered).toBeGreaterThan(100);
  expect(counts.refused).toBeGreaterThan(100);
});
