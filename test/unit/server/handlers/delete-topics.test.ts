import { expect, test } from "vitest";
import { Errors } from "../../../../src/protocol/errors.ts";
import { deleteTopicsHandler } from "../../../../src/server/handlers/delete-topics.ts";
import { testContext } from "../test-context.ts";

const id = "BBBBBBBBBBBBBBBBBBBBBA";
const controller = { deleteTopics: () => Promise.reject(new Error("not asked")) };

test.each([
  [6, Errors.TOPIC_DELETION_DISABLED],
  [2, Errors.INVALID_REQUEST],
])("version %i: where deletion is switched off, each topic fails with %i", async (apiVersion, errorCode) => {
  const handler = deleteTopicsHandler({ controller, untilFollowed: () => Promise.resolve(), isEnabled: false });
  const request = { topics: [{ name: null, topicId: id }], topicNames: ["a"], timeoutMs: 1 };
  expect(await handler.handle(request, testContext({ apiVersion }))).toEqual({
    responses: [
      { name: "a", errorCode },
      { name: null, topicId: id, errorCode },
    ],
  });
});
