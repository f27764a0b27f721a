import { onTestFinished, expect, test } from "vitest";
import { Session } from "../differential/session.ts";
import { TestBroker } from "../support/broker/test-broker.ts";

const partitions = 5;
/** So many groups and transactions that each partition of a coordinator has some. */
const count = 30;

test("behind kill -9 each partition of a coordinator is loaded once: nobody begins with what the process before led", async () => {
  const properties = { "transaction.state.log.num.partitions": String(partitions) };
  const broker = await TestBroker.start({ target: "odradek", properties });
  onTestFinished(() => broker.remove());
  const s = new Session(broker.port);
  const topics = [{ name: await s.createTopic("t"), partitions: [{ partitionIndex: 0, committedOffset: 1 }] }];
  for (let index = 0; index < count; index++) {
    await s.until(async () => {
      const group = { keyType: 0, coordinatorKeys: [`g${index}`] };
      if ((await s.quietly("findCoordinator", 4, group)).coordinators[0]!.errorCode !== 0) return false;
      const commit = { groupId: `g${index}`, generationIdOrMemberEpoch: -1, memberId: "", topics };
      return (await s.quietly("offsetCommit", 8, commit)).topics[0]!.partitions[0]!.errorCode === 0;
    });
    await s.until(async () => {
      await s.quietly("findCoordinator", 4, { keyType: 1, coordinatorKeys: [`t${index}`] });
      const init = { transactionalId: `t${index}`, transactionTimeoutMs: 60_000 };
      return (await s.quietly("initProducerId", 4, init)).errorCode === 0;
    });
  }
  s.close();
  const { length } = broker.log;
  await broker.restart("kill -9");
  const said = (what: string): string[] =>
    broker.log
      .slice(length)
      .split("\n")
      .filter((line) => line.includes(`"msg":"coordinator partition ${what}`))
      .map((line) => JSON.parse(line) as { topic: string; partition: number })
      .map(({ topic, partition }) => `${topic}-${partition}`);
  await s.until(async () => new Set(said("loaded")).size === 2 * partitions);
  expect(said("loaded")).toHaveLength(2 * partitions);
  expect(said("not loaded")).toEqual([]);
});
