// Sends a transactional record to each partition without telling the transaction's coordinator, as a client of old could
// whose AddPartitionsToTxn came late; the record is 20 minutes old. Prints Kafka's error code for each partition.
//   node hanging-transaction.mjs bootstrap transactional-id sequence topic partition...
import { Connection, findCoordinatorV6, initProducerIdV4, produceV11 } from "@platformatic/kafka";

const [bootstrap, transactionalId, sequence, topic, ...partitions] = process.argv.slice(2);
const [host, port] = bootstrap.split(":");
const transactionKey = 1;
const ageMs = 20n * 60_000n;

/** Its coordinator may have to load. */
async function untilAnswered(ask) {
  for (let tries = 100; ; tries--) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const connection = new Connection("test");
await connection.connect(host, Number(port));
await untilAnswered(() => findCoordinatorV6.api.async(connection, transactionKey, [transactionalId]));
let [producerId, producerEpoch] = [BigInt(0), 0];
if (sequence === "0") {
  ({ producerId, producerEpoch } = await untilAnswered(() =>
    initProducerIdV4.api.async(connection, transactionalId, 60_000, -1n, -1),
  ));
}
for (const partition of partitions) {
  const record = {
    topic,
    partition: Number(partition),
    value: Buffer.from("late"),
    timestamp: BigInt(Date.now()) - ageMs,
  };
  const sequences = { getWithDefault: () => Number(sequence) };
  const options = { transactionalId, producerId, producerEpoch, sequences, compression: "none" };
  const code = await produceV11.api.async(connection, -1, 10_000, [record], options).then(
    () => 0,
    (error) => error.response.responses[0].partitionResponses[0].errorCode,
  );
  console.log(`${topic}-${partition}: ${code}`);
}
process.exit(0);
