import { expect, test } from "vitest";
import { MetadataDelta } from "../../../../src/metadata/delta/metadata-delta.ts";
import { emptyImage } from "../../../../src/metadata/image/metadata-image.ts";
import { type LoaderManifest } from "../../../../src/metadata/publisher.ts";
import { type LocalPublisher, PublisherChain } from "../../../../src/server/publishers/publisher-chain.ts";

/** A chain of "slow", which works until it is told to end where it is asked to, and "quick"; with what has happened. */
function open() {
  const events: string[] = [];
  const ends: (() => void)[] = [];
  let count = 0;
  let isSlow = true;
  const publishers: LocalPublisher[] = [
    {
      name: "slow",
      publish() {
        events.push(`slow ${++count}`);
        if (!isSlow) return undefined;
        return new Promise((resolve) => ends.push(resolve));
      },
    },
    { name: "quick", publish: () => void events.push(`quick ${count}`) },
  ];
  const chain = new PublisherChain(publishers, (name, error) => events.push(`${name}: ${String(error)}`));
  const publish = () => chain.publish(new MetadataDelta(), emptyImage, {} as LoaderManifest);
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { chain, events, ends, publish, turn, publishers, setSlow: (value: boolean) => (isSlow = value) };
}

test("who acts waits for the one before, and news for the last of them", async () => {
  const { chain, events, ends, publish, turn, setSlow } = open();
  publish();
  publish();
  void chain.settled().then(() => events.push("settled"));
  publish();
  expect(events).toEqual(["slow 1"]);
  ends[0]!();
  await turn();
  expect(events).toEqual(["slow 1", "quick 1", "slow 2"]);
  setSlow(false);
  ends[1]!();
  await turn();
  expect(events.slice(3)).toEqual(["quick 2", "slow 3", "quick 3", "settled"]);
});

test("what does not take long is done at once", async () => {
  const { chain, events, publish, setSlow } = open();
  setSlow(false);
  publish();
  expect(events).toEqual(["slow 1", "quick 1"]);
  await chain.settled();
});

test("one that fails, at once or later, holds nobody up", async () => {
  const { chain, events, publish, publishers, setSlow } = open();
  setSlow(false);
  publishers.unshift({ name: "late", publish: () => Promise.reject(new Error("late")) });
  publishers.unshift({
    name: "bad",
    publish() {
      throw new Error("bad");
    },
  });
  publish();
  await chain.settled();
  expect(events).toEqual(["bad: Error: bad", "late: Error: late", "slow 1", "quick 1"]);
});

test("when it is closed what waits is dropped, nobody waits for it, and what is under way is waited for", async () => {
  const { chain, events, ends, publish, turn } = open();
  publish();
  publish();
  const settled = chain.settled();
  const closed = chain.close().then(() => events.push("closed"));
  await settled;
  await turn();
  expect(events).toEqual(["slow 1"]);
  ends[0]!();
  await closed;
  publish();
  expect(events).toEqual(["slow 1", "closed"]);
});
