import { expect, test } from "vitest";
import { describeQuorumHandler } from "../../../../src/server/handlers/describe-quorum.ts";
import { type RaftState } from "../../../../src/raft/state.ts";
import { decodedRequest, kafkasAnswer, ourAnswer, recordedExchanges } from "../../../support/recorded-exchanges.ts";

/** Of Kafka's answer: how far it was, and when. */
type Partition = { leaderEpoch: number; highWatermark: number; currentVoters: { lastFetchTimestamp: number }[] };

const exchanges = recordedExchanges("exchanges.jsonl").filter(({ api }) => api === "describeQuorum");

test.each(exchanges.map((exchange, index) => [exchange.version, index, exchange] as const))(
  "version %i (%i): the answer that Kafka gave",
  async (_version, _index, exchange) => {
    const kafkas = kafkasAnswer(exchange) as { topics: { partitions: Partition[] }[] };
    const partition = kafkas.topics[0]!.partitions[0]!;
    const endpoints = [{ name: "CONTROLLER", host: "127.0.0.1", port: 19_102 }];
    const local = {
      id: 1,
      directoryId: "AAAAAAAAAAAAAAAAAAAAAA",
      endpoints,
      minKRaftVersion: 0,
      maxKRaftVersion: 1,
    };
    const state: RaftState = {
      local,
      voters: [local],
      kraftVersion: 0,
      isBootstrap: false,
      election: { epoch: partition.leaderEpoch, leaderId: 1, votedKey: undefined },
      role: { kind: "leader", epochStartOffset: 0, durableOffsets: new Map() },
      endOffset: partition.highWatermark,
      highWatermark: partition.highWatermark,
    };
    const handler = describeQuorumHandler({
      raft: { state },
      wallMs: () => partition.currentVoters[0]?.lastFetchTimestamp ?? 0,
    });
    expect(await ourAnswer([handler], exchange, decodedRequest(exchange))).toEqual(kafkas);
  },
);

test("there are such answers", () => {
  expect(exchanges.length).toBe(6);
});
