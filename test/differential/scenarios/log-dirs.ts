import { type ApiResponse } from "../../../src/protocol/apis.ts";
import { batch, fetch, from, produce } from "../requests.ts";
import { type Scenario, type Session } from "../session.ts";

const brokerResource = 4;
const rateKey = "replica.alter.log.dirs.io.max.bytes.per.second";

type Described = ApiResponse<"describeLogDirs">["results"];

async function described(s: Session, topic: string, indexes: readonly number[]): Promise<Described> {
  const wanted = [{ topic, partitions: [...indexes] }];
  return (await s.quietly("describeLogDirs", 5, { topics: wanted })).results;
}

/** The directory of a replica, and that of its copy. */
function placeOf(results: Described, index = 0): { logDir: string | undefined; future: string | undefined } {
  const find = (isFuture: boolean) =>
    results.find(({ topics }) =>
      topics.some(({ partitions }) =>
        partitions.some(({ partitionIndex, isFutureKey }) => partitionIndex === index && isFutureKey === isFuture),
      ),
    )?.logDir;
  return { logDir: find(false), future: find(true) };
}

const alterOf = (path: string, name: string, partitions: readonly number[] = [0]) => ({
  dirs: [{ path, topics: [{ name, partitions: [...partitions] }] }],
});

async function hasMovedTo(s: Session, topic: string, path: string): Promise<void> {
  await s.until(async () => {
    const { logDir, future } = placeOf(await described(s, topic, [0]));
    return logDir === path && future === undefined;
  });
}

function setRate(s: Session, value: string | null): Promise<number> {
  return setOfBroker(s, rateKey, value);
}

async function setOfBroker(s: Session, name: string, value: string | null): Promise<number> {
  const configs = [{ name, configOperation: value === null ? 1 : 0, value }];
  const resources = [{ resourceType: brokerResource, resourceName: "1", configs }];
  return (await s.quietly("incrementalAlterConfigs", 1, { resources })).responses[0]!.errorCode;
}

async function startOf(s: Session, name: string): Promise<number> {
  const partitions = [{ partitionIndex: 0, timestamp: -2 }];
  const { topics } = await s.quietly("listOffsets", 7, { replicaId: -1, topics: [{ name, partitions }] });
  return topics[0]!.partitions[0]!.offset;
}

/** Needs a broker with two log directories that nothing else uses. */
export const moveScenario: Scenario = {
  name: "alter-replica-log-dirs",
  async run(s) {
    const directories = (await s.quietly("describeLogDirs", 5, { topics: [] })).results.map(({ logDir }) => logDir);
    s.note("directories", directories.length);
    const [one, two] = directories as [string, string];
    s.names.set(one, "<dir 1>");
    s.names.set(two, "<dir 2>");

    const placed = await s.createTopic("placed", 6);
    const counts = (await described(s, placed, [0, 1, 2, 3, 4, 5])).map(({ topics }) => topics[0]?.partitions.length);
    s.note("six partitions", counts);

    const t = await s.createTopic("t");
    for (const version of [1, 2]) {
      await s.ask("no directories", "alterReplicaLogDirs", version, { dirs: [] });
      await s.ask("an unknown path", "alterReplicaLogDirs", version, alterOf("/nowhere", t));
      await s.ask("an unknown topic", "alterReplicaLogDirs", version, alterOf(one, s.topic("none")));
      await s.ask("an unknown partition", "alterReplicaLogDirs", version, alterOf(one, t, [7]));
      await s.ask("a long name", "alterReplicaLogDirs", version, alterOf(one, "x".repeat(220)));
      await s.ask("an unknown path and topic", "alterReplicaLogDirs", version, alterOf("/nowhere", s.topic("none")));
    }
    await s.ask("no topics", "alterReplicaLogDirs", 2, { dirs: [{ path: one, topics: [] }] });
    await s.ask("no partitions", "alterReplicaLogDirs", 2, alterOf(one, t, []));
    await s.ask("a path with a slash behind", "alterReplicaLogDirs", 2, alterOf(`${one}/`, t));

    await s.ask("before its creation", "alterReplicaLogDirs", 2, alterOf(two, s.topic("later-1")));
    await s.quietly("alterReplicaLogDirs", 2, alterOf(one, s.topic("later-2")));
    const later = [await s.createTopic("later-1"), await s.createTopic("later-2")];
    for (const [index, topic] of later.entries()) {
      s.note(`later-${index + 1} is made there`, placeOf(await described(s, topic, [0])).logDir);
    }

    let producerId = -1;
    await s.until(async () => {
      ({ producerId } = await s.quietly("initProducerId", 4, { transactionalId: null, transactionTimeoutMs: 60_000 }));
      return producerId >= 0;
    });
    const send = (value: string, baseSequence: number, count = 3) =>
      s.quietly("produce", 9, produce(t, batch({ count, value, producerId, producerEpoch: 0, baseSequence })));
    for (let sent = 0; sent < 5; sent++) await send(`before-${sent}`, sent * 3);
    const partitions = [{ partitionIndex: 0, offset: 4 }];
    await s.quietly("deleteRecords", 2, { topics: [{ name: t, partitions }], timeoutMs: 10_000 });
    const { logDir: home = one } = placeOf(await described(s, t, [0]));
    const away = home === one ? two : one;
    s.names.set(home, "<home>");
    s.names.set(away, "<away>");
    await s.ask("where it is", "alterReplicaLogDirs", 2, alterOf(home, t));
    await s.ask("to the other", "alterReplicaLogDirs", 2, alterOf(away, t));
    await hasMovedTo(s, t, away);
    s.note("it has moved", withoutSpace(await described(s, t, [0])));
    await s.ask("its records", "fetch", 12, fetch([{ topic: t, partitions: [from(4)] }]));
    await s.ask("before its start", "fetch", 12, fetch([{ topic: t, partitions: [from(3)] }]));
    await s.ask("a batch again", "produce", 9, produceAgain(t, producerId, 12));
    await s.ask("a gap", "produce", 9, produceAgain(t, producerId, 30));
    await s.ask("the next", "produce", 9, produceAgain(t, producerId, 15));
    const epochOf = { partition: 0, currentLeaderEpoch: 0, leaderEpoch: 0 };
    await s.ask("the epoch", "offsetForLeaderEpoch", 4, {
      replicaId: -1,
      topics: [{ topic: t, partitions: [epochOf] }],
    });
    await s.ask("back again", "alterReplicaLogDirs", 2, alterOf(home, t));
    await hasMovedTo(s, t, home);
    await s.ask("all its records", "fetch", 12, fetch([{ topic: t, partitions: [from(4)] }]));

    const slow = await s.createTopic("slow");
    for (let sent = 0; sent < 12; sent++) {
      await s.quietly("produce", 9, produce(slow, batch({ value: Buffer.alloc(500_000, sent) })));
    }
    const { logDir: source = one } = placeOf(await described(s, slow, [0]));
    const target = source === one ? two : one;
    s.note("a throttle", await setRate(s, "1"));
    await s.ask("slowly", "alterReplicaLogDirs", 2, alterOf(target, slow));
    await s.until(async () => placeOf(await described(s, slow, [0])).future === target);
    const copy = (await described(s, slow, [0])).find(({ logDir }) => logDir === target)!.topics[0]!.partitions[0]!;
    s.note("a copy", { isFutureKey: copy.isFutureKey, lags: copy.offsetLag > 0, isWhole: copy.partitionSize > 6e6 });
    const deletion = (offset: number, timeoutMs: number) => ({
      topics: [{ name: slow, partitions: [{ partitionIndex: 0, offset }] }],
      timeoutMs,
    });
    const cut = (step: string, offset: number) => s.ask(step, "deleteRecords", 2, deletion(offset, 300));
    await cut("records that the copy has, too", 3);
    s.note("the log begins behind them", await startOf(s, slow));
    await cut("some of them again", 2);
    await cut("none", 0);
    await s.ask("once more", "alterReplicaLogDirs", 2, alterOf(target, slow));
    await s.ask("not after all", "alterReplicaLogDirs", 2, alterOf(source, slow));
    await s.until(async () => placeOf(await described(s, slow, [0])).future === undefined);
    await cut("the log is alone", 2);
    s.note("it stays", { isAtHome: placeOf(await described(s, slow, [0])).logDir === source });
    await s.ask("but yes", "alterReplicaLogDirs", 2, alterOf(target, slow));
    const waiting = (await s.connect()).send("deleteRecords", 2, deletion(5, 15_000));
    await s.until(async () => (await startOf(s, slow)) === 5);
    s.note("no throttle", await setRate(s, null));
    await hasMovedTo(s, slow, target);
    // Kafka looks after who waits when something is appended.
    await s.quietly("produce", 9, produce(slow, batch()));
    s.noteAnswer("until it has moved", "deleteRecords", await waiting);
    await cut("the copy is the log", 5);
    await setRate(s, "1");
    await s.ask("on its way", "alterReplicaLogDirs", 2, alterOf(source, slow));
    await s.quietly("deleteTopics", 6, { topics: [{ name: slow }], timeoutMs: 10_000 });
    await s.until(async () => (await described(s, slow, [0])).every(({ topics }) => topics.length === 0));
    s.note("a deleted topic", withoutSpace(await described(s, slow, [0])));
    await setRate(s, null);
  },
};

/** As `moveScenario`; wherever its partitions lie. */
export const oddLogDirsScenario: Scenario = {
  name: "log-dirs-odd",
  async run(s) {
    const directories = (await s.quietly("describeLogDirs", 5, { topics: [] })).results.map(({ logDir }) => logDir);
    const [one, two] = directories as [string, string];
    const topic = await s.createTopic("o", 2);
    const everywhere = (topics: readonly { name: string; partitions: readonly number[] }[]) => ({
      dirs: [one, two].map((path) => ({
        path,
        topics: topics.map(({ name, partitions }) => ({ name, partitions: [...partitions] })),
      })),
    });
    const describeIn = async (
      step: string,
      topics: { topic: string; partitions: number[] }[] | null,
    ): Promise<void> => {
      for (const version of [1, 2, 3, 4, 5]) {
        const { errorCode, results } = await s.quietly("describeLogDirs", version, { topics });
        const found = results.flatMap((result) => result.topics.filter(({ name }) => name.startsWith(s.topic(""))));
        s.note(`${step}, version ${version}`, { errorCode, directories: results.length, found });
      }
    };
    await describeIn("all", null);
    await describeIn("none", []);
    await describeIn("an unknown topic", [{ topic: s.topic("none"), partitions: [0] }]);
    await describeIn("unknown partitions", [{ topic, partitions: [0, 9, -1] }]);
    await describeIn("no partitions", [{ topic, partitions: [] }]);
    await describeIn("twice", [
      { topic, partitions: [0, 0] },
      { topic, partitions: [1] },
      { topic, partitions: [1, 0] },
    ]);
    await describeIn("odd names", [
      { topic: "a/b", partitions: [0] },
      { topic: "", partitions: [0] },
    ]);
    for (const path of ["", ".", "/", `${one}/`, `${one}/../${one.split("/").at(-1)}`, `${one}/x`, "x", "a\u0000b"]) {
      const shown = path.replaceAll(one, "<dir 1>").replace(/[.][.].*/, "..");
      await s.ask(`to ${JSON.stringify(shown)}`, "alterReplicaLogDirs", 2, alterOf(path, topic));
    }
    const alter = (step: string, topics: { name: string; partitions: readonly number[] }[]) =>
      s.ask(step, "alterReplicaLogDirs", 2, everywhere(topics));
    await alter("to both directories", [{ name: topic, partitions: [0] }]);
    await alter("a partition twice", [{ name: topic, partitions: [1, 1] }]);
    await alter("a topic twice", [
      { name: topic, partitions: [1] },
      { name: topic, partitions: [0] },
    ]);
    await alter("an odd partition", [{ name: topic, partitions: [-1] }]);
    for (const name of ["", "a/b", "__cluster_metadata"]) await alter(`topic "${name}"`, [{ name, partitions: [0] }]);
    await s.ask("to nowhere, and to somewhere", "alterReplicaLogDirs", 2, {
      dirs: ["/nowhere", one, two].map((path) => ({ path, topics: [{ name: topic, partitions: [1] }] })),
    });
  },
};

/** As `moveScenario`. */
export const cordonScenario: Scenario = {
  name: "cordoned-log-dirs",
  async run(s) {
    const cordoned = async () =>
      (await s.quietly("describeLogDirs", 5, { topics: [] })).results.map(({ isCordoned }) => isCordoned);
    const directories = (await s.quietly("describeLogDirs", 5, { topics: [] })).results.map(({ logDir }) => logDir);
    const [one, two] = directories as [string, string];
    s.names.set(one, "<dir 1>");
    s.names.set(two, "<dir 2>");
    const before = await s.createTopic("before", 2);
    s.note("one of them", await setOfBroker(s, "cordoned.log.dirs", one));
    await s.until(async () => (await cordoned())[0]!);
    s.note("is cordoned", await cordoned());
    const topic = await s.createTopic("after", 3);
    const places = await described(s, topic, [0, 1, 2]);
    s.note(
      "new partitions",
      places.map(({ topics }) => topics[0]?.partitions.length ?? 0),
    );
    const home = placeOf(await described(s, before, [0, 1])).logDir;
    await s.ask("to the cordoned one", "alterReplicaLogDirs", 2, alterOf(one, topic));
    await s.ask("to the other", "alterReplicaLogDirs", 2, alterOf(two, topic));
    s.note("what was there stays", home !== undefined);
    s.note("all of them", await setOfBroker(s, "cordoned.log.dirs", "*"));
    await s.until(async () => (await cordoned()).every((each) => each));
    const create = { topics: [{ name: s.topic("none"), numPartitions: 1, replicationFactor: 1 }], validateOnly: true };
    const tried = () => s.quietly("createTopics", 7, { ...create, timeoutMs: 5_000 });
    await s.until(async () => (await tried()).topics[0]!.errorCode !== 0);
    s.note("a new topic", await tried());
    s.note("a path that is not configured", await setOfBroker(s, "cordoned.log.dirs", "/nowhere"));
    s.note("none", await setOfBroker(s, "cordoned.log.dirs", null));
    await s.until(async () => (await tried()).topics[0]!.errorCode === 0);
    s.note("is cordoned then", await cordoned());
  },
};

function produceAgain(topic: string, producerId: number, baseSequence: number) {
  return produce(topic, batch({ count: 3, value: "again", producerId, producerEpoch: 0, baseSequence }));
}

function withoutSpace(results: Described) {
  return results.map(({ totalBytes, usableBytes, ...rest }) => ({ ...rest, hasSpace: totalBytes > usableBytes }));
}
