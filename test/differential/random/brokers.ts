import { TestBroker, type TestBrokerOptions } from "../../support/broker/test-broker.ts";
import { Session } from "../session.ts";
import { type Ports } from "./pair.ts";

const properties = {
  "auto.create.topics.enable": "false",
  "group.initial.rebalance.delay.ms": "0",
  "group.consumer.assignment.interval.ms": "0",
  "max.incremental.fetch.session.cache.slots": "100000",
  // Topics of a script go with it.
  "file.delete.delay.ms": "1000",
  "log.cleaner.enable": "false",
  "transaction.state.log.num.partitions": "5",
};

/** One broker of each kind, for as many scripts as there are. */
export async function startBoth(): Promise<{ ports: Ports; remove(): Promise<void> }> {
  const start = (target: TestBrokerOptions["target"] & string) => TestBroker.start({ target, properties });
  const [ours, kafka] = await Promise.all([start("odradek"), start("kafka")]);
  const ports = { ours: ours.port, kafka: kafka.port };
  return {
    ports,
    async remove() {
      await Promise.all([ours.remove(), kafka.remove()]);
    },
  };
}

/** Waits until all coordinators are there. */
export async function warmUp(port: number): Promise<void> {
  const session = new Session(port);
  const names = Array.from({ length: 100 }, (_, index) => `w${index}`);
  await session.until(async () => {
    await session.quietly("findCoordinator", 4, { keyType: 0, coordinatorKeys: ["w"] });
    await session.quietly("findCoordinator", 4, { keyType: 1, coordinatorKeys: ["w"] });
    const { groups } = await session.quietly("consumerGroupDescribe", 1, { groupIds: names });
    const { transactionStates } = await session.quietly("describeTransactions", 0, { transactionalIds: names });
    // GROUP_ID_NOT_FOUND, TRANSACTIONAL_ID_NOT_FOUND
    return (
      groups.every(({ errorCode }) => errorCode === 69) && transactionStates.every(({ errorCode }) => errorCode === 105)
    );
  });
  session.close();
}
