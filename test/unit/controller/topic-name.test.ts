import { expect, test } from "vitest";
import { PersistentMap } from "../../../src/base/persistent-map.ts";
import { CollidingTopics } from "../../../src/controller/topic-name.ts";
import { type TopicImage } from "../../../src/metadata/image/topics-image.ts";

const topicId = "AAAAAAAAAAAAAAAAAAAAAQ";

test("a new topic collides with one whose name differs in dots and underscores alone", () => {
  const names = ["orders", "a.b", "a_b_c", "a.bc", "x"];
  const existing = PersistentMap.from(
    names.map((name): [string, TopicImage] => [name, { name, id: topicId, partitions: [] }]),
  );
  const colliding = new CollidingTopics(existing);
  const found = ["a_b", "a.b", "a.b.c", "a_b.c", "a-b", "a_bc", "orders", "x_", "_", "or.ers"].map((name) =>
    colliding.find(name),
  );
  expect(found).toEqual([
    "a.b",
    "a.b",
    "a_b_c",
    "a_b_c",
    undefined,
    "a.bc",
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
