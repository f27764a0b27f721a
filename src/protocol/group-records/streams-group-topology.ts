import { array, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const streamsGroupTopologyKey = message(
  "StreamsGroupTopologyKey",
  { versions: "0", flexible: "none", key: 23 },
  {
    groupId: string("0"),
  },
);
export type StreamsGroupTopologyKey = Infer<typeof streamsGroupTopologyKey>;

const streamsGroupTopologyValueTopicConfig = struct("TopicConfig", {
  key: string("0+"),
  value: string("0+"),
});

const streamsGroupTopologyValueTopicInfo = struct("TopicInfo", {
  name: string("0+"),
  partitions: int32("0+"),
  replicationFactor: int16("0+"),
  topicConfigs: array("0+", streamsGroupTopologyValueTopicConfig),
});

export const streamsGroupTopologyValue = message(
  "StreamsGroupTopologyValue",
  { versions: "0", flexible: "0+", key: 23 },
  {
    epoch: int32("0+"),
    subtopologies: array(
      "0+",
      struct("Subtopology", {
        subtopologyId: string("0+"),
        sourceTopics: array("0+", "string"),
        sourceTopicRegex: array("0+", "string"),
        stateChangelogTopics: array("0+", streamsGroupTopologyValueTopicInfo),
        repartitionSinkTopics: array("0+", "string"),
        repartitionSourceTopics: array("0+", streamsGroupTopologyValueTopicInfo),
        copartitionGroups: array(
          "0+",
          struct("CopartitionGroup", {
            sourceTopics: array("0+", "int16"),
            sourceTopicRegex: array("0+", "int16"),
            repartitionSourceTopics: array("0+", "int16"),
          }),
        ),
      }),
    ),
  },
);
export type StreamsGroupTopologyValue = Infer<typeof streamsGroupTopologyValue>;
