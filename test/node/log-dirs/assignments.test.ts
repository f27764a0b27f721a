import { expect, onTestFinished, test } from "vitest";
import { call, createTopic } from "../../../bench/harness/admin.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { TestBroker } from "../../support/broker/test-broker.ts";

const directory = "AAAAAAAAAAAAAAAAAAAAZA";

test("the controller's listener takes what brokers say of their directories, and no other listener does", async () => {
  const broker = await TestBroker.start({ target: "odradek" });
  onTestFinished(() => broker.remove());
  await createTopic(broker.port, "assigned", 1);
  const { topics } = await call(broker.port, apis.metadata, 12, { topics: [{ name: "assigned" }] });
  const topicId = topics[0]!.topicId;
  const partitions = [{ partitionIndex: 7 }];
  const directories = [{ id: directory, topics: [{ topicId, partitions }] }];
  const ask = (port: number, brokerEpoch: number) =>
    call(port, apis.assignReplicasToDirs, 0, { brokerId: 1, brokerEpoch, directories });
  await expect(ask(broker.port, 0)).rejects.toThrow("closed");
  expect(await ask(broker.controllerPort, 99_999)).toMatchObject({ errorCode: Errors.STALE_BROKER_EPOCH });
  // Which epoch the broker has only the controller tells it: it is the offset of its registration.
  let answer = await ask(broker.controllerPort, 0);
  for (let epoch = 1; epoch < 200 && answer.errorCode === Errors.STALE_BROKER_EPOCH; epoch++) {
    answer = await ask(broker.controllerPort, epoch);
  }
  expect(answer).toMatchObject({
    errorCode: Errors.NONE,
    directories: [
      {
        id: directory,
        topics: [{ partitions: [{ partitionIndex: 7, errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION }] }],
      },
    ],
  });
});
