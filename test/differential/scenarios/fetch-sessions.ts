import { setTimeout as sleep } from "node:timers/promises";
import { type ApiRequest } from "../../../src/protocol/apis.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { batch, fetch, from, produce } from "../requests.ts";
import { type Scenario, type Session } from "../session.ts";

type Request = Draft<ApiRequest<"fetch">>;

/** A client that goes on in its session. */
class SessionClient {
  readonly #s: Session;
  readonly #version: number;
  id = 0;
  epoch = 0;

  constructor(s: Session, version: number) {
    this.#s = s;
    this.#version = version;
  }

  async fetch(step: string, topics: NonNullable<Request["topics"]>, options: Request = {}): Promise<void> {
    const body = fetch(topics, { sessionId: this.id, sessionEpoch: this.epoch, ...options });
    const answer = await this.#s.ask(step, "fetch", this.#version, body);
    if (answer.sessionId !== 0) this.id = answer.sessionId;
    if (answer.errorCode === 0) this.epoch += 1;
  }
}

export const sessionScenario: Scenario = {
  name: "fetch-sessions",
  async run(s) {
    const topic = await s.createTopic("s", 4);
    const send = (index: number, count = 1) =>
      s.quietly("produce", 9, produce(topic, batch({ count, value: Buffer.alloc(100) }), { index }));
    await send(0, 2);
    const client = new SessionClient(s, 12);
    const at = (partition: number, offset: number, options = {}) => from(offset, { partition, ...options });
    await client.fetch("a session is opened", [{ topic, partitions: [at(0, 0), at(1, 0), at(2, 0)] }]);
    await client.fetch("the same positions again", []);
    await client.fetch("the first moves on", [{ topic, partitions: [at(0, 2)] }]);
    await client.fetch("nothing is new", []);
    await send(1);
    await client.fetch("one partition has news", []);
    await client.fetch("it is told again until the position moves", []);
    await client.fetch("its position moves", [{ topic, partitions: [at(1, 1)] }]);
    await send(2);
    await send(0);
    await client.fetch("two have news", []);
    await client.fetch("they moved to the end of the order", [], { maxBytes: 1 });
    await client.fetch("a partition is added", [{ topic, partitions: [at(3, 0)] }]);
    await client.fetch("a partition is forgotten", [], { forgottenTopicsData: [{ topic, partitions: [0] }] });
    await client.fetch("a partition that was not in it is forgotten", [], {
      forgottenTopicsData: [
        { topic, partitions: [0, 77] },
        { topic: s.topic("none"), partitions: [1] },
      ],
    });
    await client.fetch("a partition is added and forgotten", [{ topic, partitions: [at(0, 0)] }], {
      forgottenTopicsData: [{ topic, partitions: [0] }],
    });
    await client.fetch("a partition that is not there is added", [{ topic, partitions: [at(9, 0)] }]);
    await client.fetch("an error is told again", []);
    await client.fetch("it is forgotten", [{ topic, partitions: [at(1, 1), at(2, 1)] }], {
      forgottenTopicsData: [{ topic, partitions: [9] }],
    });
    await client.fetch("an offset out of range", [{ topic, partitions: [at(1, 99)] }]);
    await client.fetch("an offset in range again", [{ topic, partitions: [at(1, 1)] }]);
    await s.quietly("deleteRecords", 2, {
      topics: [{ name: topic, partitions: [{ partitionIndex: 2, offset: 1 }] }],
      timeoutMs: 5_000,
    });
    await client.fetch("the log's start is news", []);
    await client.fetch("that was all", []);
    const [first, other] = [await s.connect(), await s.connect()];
    // A connection is ready for requests when it has answered one.
    await first.send("metadata", 12, { topics: [] });
    const waiting = first.send(
      "fetch",
      12,
      fetch([], { sessionId: client.id, sessionEpoch: client.epoch, maxWaitMs: 1_500, minBytes: 100_000 }),
    );
    await sleep(500);
    const overtaking = fetch([{ topic, partitions: [at(1, 1)] }], {
      sessionId: client.id,
      sessionEpoch: client.epoch + 1,
    });
    await s.ask("a request of the session while another waits", "fetch", 12, overtaking, other);
    s.note("the one that waited", await waiting, true);
    client.epoch += 2;
    await client.fetch("a replica's epoch that diverges is news", [
      { topic, partitions: [at(1, 40, { lastFetchedEpoch: 0 })] },
    ]);
    await client.fetch("and again", []);

    await client.fetch("an epoch that is behind", [], { sessionEpoch: 3 });
    await client.fetch("an epoch that is ahead", [], { sessionEpoch: client.epoch + 1 });
    await client.fetch("the session is still there", []);
    await client.fetch("a session that is not there", [], { sessionId: client.id === 7 ? 8 : 7 });
    await client.fetch("epoch -2", [], { sessionEpoch: -2 });
    await s.ask(
      "an id, and the epoch that opens a session",
      "fetch",
      12,
      fetch([], { sessionId: client.id, sessionEpoch: 0 }),
    );
    await client.fetch("the old session is closed", []);
    const second = new SessionClient(s, 12);
    await second.fetch("another session", [{ topic, partitions: [at(0, 0)] }]);
    await second.fetch("everything is forgotten", [], { forgottenTopicsData: [{ topic, partitions: [0] }] });
    await second.fetch("then the session is gone", []);
    const third = new SessionClient(s, 12);
    await third.fetch("a third session", [{ topic, partitions: [at(0, 0)] }]);
    await s.ask(
      "it is closed",
      "fetch",
      12,
      fetch([{ topic, partitions: [at(0, 2)] }], { sessionId: third.id, sessionEpoch: -1 }),
    );
    await third.fetch("and gone", []);
    await s.ask("a session on no partitions", "fetch", 12, fetch([], { sessionEpoch: 0 }));
    await s.ask(
      "a full fetch of a session that is not there",
      "fetch",
      12,
      fetch([{ topic, partitions: [at(0, 2)] }], { sessionId: 5, sessionEpoch: 0 }),
    );
    await s.ask("v6 has no sessions", "fetch", 6, fetch([{ topic, partitions: [at(0, 2)] }]));
    await s.ask(
      "a session with errors only",
      "fetch",
      12,
      fetch([{ topic: s.topic("none"), partitions: [at(0, 0)] }], { sessionEpoch: 0 }),
    );
  },
};

export const sessionByIdScenario: Scenario = {
  name: "fetch-sessions-by-id",
  async run(s) {
    const topic = await s.createTopic("s", 2);
    const topicId = s.idOf("s");
    await s.quietly("produce", 9, produce(topic, batch()));
    const unknown = "AAAAAAAAAAAAAAAAAAAABQ";
    const client = new SessionClient(s, 13);
    await client.fetch("a session is opened", [{ topicId, partitions: [from(0), from(0, { partition: 1 })] }]);
    await client.fetch("the first moves on", [{ topicId, partitions: [from(1)] }]);
    await s.ask(
      "names in a session of ids",
      "fetch",
      12,
      fetch([{ topic, partitions: [from(1)] }], { sessionId: client.id, sessionEpoch: client.epoch }),
    );
    await client.fetch("it is still there", []);
    await client.fetch("an unknown id is added", [{ topicId: unknown, partitions: [from(0)] }]);
    await client.fetch("it is told again", []);
    await client.fetch("it is forgotten", [], { forgottenTopicsData: [{ topicId: unknown, partitions: [0] }] });
    const byName = new SessionClient(s, 12);
    await byName.fetch("a session of names", [{ topic, partitions: [from(1)] }]);
    await s.ask(
      "ids in a session of names",
      "fetch",
      13,
      fetch([{ topicId, partitions: [from(1)] }], { sessionId: byName.id, sessionEpoch: byName.epoch }),
    );
    await s.ask(
      "ids in it, with an epoch that is wrong",
      "fetch",
      13,
      fetch([{ topicId, partitions: [from(1)] }], { sessionId: byName.id, sessionEpoch: 9 }),
    );
    await s.quietly("deleteTopics", 6, { topics: [{ name: topic }], timeoutMs: 5_000 });
    await s.until(async () => {
      const { topics } = await s.quietly("metadata", 12, { topics: [{ name: topic }], allowAutoTopicCreation: false });
      return topics[0]!.errorCode !== 0;
    });
    await client.fetch("the topic is deleted", []);
    await byName.fetch("the topic is deleted", []);
    await s.createTopic("s", 2);
    s.names.set(topicId, "<old id of s>");
    await client.fetch("it is there again with another id", []);
    await byName.fetch("it is there again with another id", []);
    await byName.fetch("it is there again, told once more", []);
  },
};
