import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { type LoggedAnswer } from "../../support/group-script.ts";
import { recording } from "../../support/recording.ts";
import { SocketBroker } from "../../support/socket-broker.ts";
import { runTransactionScript, takeOverUntilUsedUp, type TransactionBroker } from "../../support/transaction-script.ts";
import { OurTransactionBroker } from "./our-transaction-broker.ts";

/*
 * One script of requests about transactions, with the answers that Apache Kafka 4.3.0 gave, in a cluster of each level of
 * `transaction.version`. `KAFKA=host:port KAFKA_TV=level` records them anew from a broker that was formatted with that level
 * and is configured as `runTransactionScript` says.
 */
const levels = [0, 1, 2];

function fileOf(level: number): URL {
  return new URL(`../../data/txn/kafka-answers-tv${level}.json`, import.meta.url);
}

const kafka = process.env["KAFKA"];

recording(kafka !== undefined, () => {
  test("records Kafka's answers", { timeout: 600_000 }, async () => {
    const [host = "", port = ""] = kafka!.split(":");
    const level = Number(process.env["KAFKA_TV"] ?? 2);
    const socket = new SocketBroker(host, Number(port));
    await socket.prepare({ t: 2, u: 1 });
    await untilCoordinated(socket);
    const broker: TransactionBroker = {
      send: (...request) => socket.send(...request),
      pass: (ms) => socket.pass(ms),
      topicId: (name) => socket.topicId(name),
      useUpEpochs: (transactionalId) => takeOverUntilUsedUp(socket, transactionalId),
    };
    const answers = await runTransactionScript(broker, level);
    socket.close();
    writeFileSync(fileOf(level), `[\n${answers.map((answer) => JSON.stringify(answer)).join(",\n")}\n]\n`);
  });
});

async function untilCoordinated(broker: SocketBroker): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const found = await broker.send("prepare", "findCoordinator", 4, { keyType: 1, coordinatorKeys: ["probe"] });
    const { errorCode } = await broker
      .send("prepare", "describeTransactions", 0, { transactionalIds: ["probe"] })
      .then(({ transactionStates }) => transactionStates[0]!);
    const init = await broker.send("prepare", "initProducerId", 4, { transactionalId: null });
    const isReady = found.coordinators[0]?.errorCode === Errors.NONE && init.errorCode === Errors.NONE;
    if (isReady && errorCode === Errors.TRANSACTIONAL_ID_NOT_FOUND) return;
    await broker.pass(200);
  }
}

const runs = await Promise.all(
  levels.map(async (level) => {
    const kafkas = JSON.parse(readFileSync(fileOf(level), "utf8")) as LoggedAnswer[];
    const broker = new OurTransactionBroker(level);
    await broker.start();
    return { level, kafkas, ours: await runTransactionScript(broker, level) };
  }),
);

test.each(runs)("transaction.version $level: the script has the same steps", ({ kafkas, ours }) => {
  expect(ours.map(({ step }) => step)).toEqual(kafkas.map(({ step }) => step));
});

test.each(
  runs.flatMap(({ level, kafkas, ours }) =>
    kafkas.map(({ step, answer }, index) => ({ level, step, kafkas: answer, ours: ours[index]?.answer })),
  ),
)("transaction.version $level: $step", ({ kafkas, ours }) => {
  expect(ours).toEqual(kafkas);
});
