// Begins a transaction, sends one record to each partition that is named, and goes away without ending it.
//   node open-transaction.mjs bootstrap transactional-id [commit|abort|open] topic partition...
import kafkajs from "kafkajs";

const [bootstrap, transactionalId, end, topic, ...partitions] = process.argv.slice(2);
const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING });
const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: 900_000 });
await producer.connect();
const transaction = await producer.transaction();
for (const partition of partitions) {
  await transaction.send({ topic, messages: [{ value: "x", partition: Number(partition) }] });
}
if (end === "commit") await transaction.commit();
if (end === "abort") await transaction.abort();
process.exit(0);
