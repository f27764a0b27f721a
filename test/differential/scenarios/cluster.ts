import { batch, produce } from "../requests.ts";
import { type Scenario } from "../session.ts";

const unknownId = "AAAAAAAAAAAAAAAAAAAABQ";

export const logDirsScenario: Scenario = {
  name: "describe-log-dirs",
  async run(s) {
    const one = await s.createTopic("one", 2);
    const two = await s.createTopic("two");
    await s.quietly("produce", 9, produce(one, batch({ count: 10 })));
    for (const version of [1, 2, 3, 4, 5]) {
      const answer = await s.quietly("describeLogDirs", version, {
        topics: [
          { topic: one, partitions: [0, 1, 9] },
          { topic: two, partitions: [0] },
          { topic: s.topic("none"), partitions: [0] },
        ],
      });
      for (const { logDir } of answer.results) s.names.set(logDir, "<log dir>");
      const results = answer.results.map((result) => ({
        ...result,
        topics: result.topics
          .map((topic) => ({
            ...topic,
            partitions: topic.partitions.sort((a, b) => a.partitionIndex - b.partitionIndex),
          }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      }));
      s.note(`some topics (describeLogDirs v${version})`, { ...answer, results });
    }
    await s.ask("no topics", "describeLogDirs", 4, { topics: [] });
    await s.ask("a topic, no partitions", "describeLogDirs", 4, { topics: [{ topic: one, partitions: [] }] });
    const all = await s.quietly("describeLogDirs", 4, { topics: null });
    const names = all.results.flatMap(({ topics }) => topics.map(({ name }) => name));
    s.note("all topics", { ours: names.filter((name) => name === one || name === two).sort() });
  },
};

export const metadataScenario: Scenario = {
  name: "metadata",
  async run(s) {
    const topic = await s.createTopic("m", 2);
    const { clusterId } = await s.quietly("metadata", 12, { topics: [] });
    s.names.set(clusterId!, "<cluster id>");
    for (const version of [1, 4, 5, 7, 8, 9, 10, 11, 12, 13]) {
      await s.ask("a topic", "metadata", version, { topics: [{ name: topic }], allowAutoTopicCreation: version < 4 });
    }
    for (const version of [1, 8, 12]) {
      await s.ask("no topics", "metadata", version, { topics: [], allowAutoTopicCreation: true });
    }
    await s.ask("with operations", "metadata", 10, {
      topics: [{ name: topic }],
      includeClusterAuthorizedOperations: true,
      includeTopicAuthorizedOperations: true,
    });
    const ask = (step: string, version: number, wanted: object[]) =>
      s.ask(step, "metadata", version, { topics: wanted, allowAutoTopicCreation: false });
    await ask("by id", 12, [{ name: null, topicId: s.idOf("m") }]);
    await ask("by an id that is not there", 12, [{ name: null, topicId: unknownId }]);
    await ask("by name and id", 12, [{ name: topic, topicId: s.idOf("m") }]);
    await ask("by the zero id", 12, [{ name: null }]);
    await ask("not there", 12, [{ name: s.topic("none") }]);
    await ask("a name that is not allowed", 12, [{ name: "a b" }]);
    await ask("an empty name", 12, [{ name: "" }]);
    await ask("twice", 12, [{ name: topic }, { name: topic }]);
    await s.ask("created by being asked for", "metadata", 12, {
      topics: [{ name: s.topic("auto") }],
      allowAutoTopicCreation: true,
    });
    let answer;
    await s.until(async () => {
      answer = await s.quietly("metadata", 12, { topics: [{ name: s.topic("auto") }], allowAutoTopicCreation: false });
      return answer.topics[0]!.errorCode === 0;
    });
    s.note("then it is there", answer);
  },
};

export const apiVersionsScenario: Scenario = {
  name: "api-versions",
  async run(s) {
    for (const version of [0, 1, 2, 3, 4]) {
      const wire = await s.connect();
      const answer = await wire.send("apiVersions", version, {
        clientSoftwareName: "test",
        clientSoftwareVersion: "1.0",
      });
      const { errorCode, throttleTimeMs, supportedFeatures, finalizedFeatures } = answer;
      s.note(`v${version}`, { errorCode, throttleTimeMs, supportedFeatures, finalizedFeatures });
    }
    const wire = await s.connect();
    await s.ask(
      "a client without a name",
      "apiVersions",
      3,
      { clientSoftwareName: "", clientSoftwareVersion: "1" },
      wire,
    );
    await s.ask(
      "a name that is not allowed",
      "apiVersions",
      3,
      { clientSoftwareName: "a b", clientSoftwareVersion: "1" },
      wire,
    );
  },
};
