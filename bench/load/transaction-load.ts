import { apis } from "../../src/protocol/apis.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { LoadClient, untilAnswered } from "./client.ts";
import { type JobResult, type TransactionJob } from "./job.ts";
import { Phases } from "./phases.ts";

/** The newest that names topics by name, and adds partitions to the transaction by itself (KIP-890). */
const produceVersion = 12;
const endVersion = 5;
const initVersion = 5;
const findCoordinatorVersion = 4;
const transactionKey = 1;
const transactionalId = "bench";

/**
 * One transactional producer: a request with a batch for every partition, again until the interval is over, then the commit,
 * which it waits for.
 */
export async function transactionLoad(job: TransactionJob, brokerCpuSeconds: () => number): Promise<JobResult> {
  const client = await LoadClient.open(job.port);
  const find = { keyType: transactionKey, coordinatorKeys: [transactionalId] };
  await untilAnswered(
    "find coordinator",
    ({ coordinators }) => coordinators[0]?.errorCode ?? 0,
    () => client.call(apis.findCoordinator, findCoordinatorVersion, find),
  );
  let { producerId, producerEpoch } = await untilAnswered(
    "init producer id",
    ({ errorCode }) => errorCode,
    () => client.call(apis.initProducerId, initVersion, { transactionalId, transactionTimeoutMs: 60_000 }),
  );
  const value = Buffer.alloc(job.valueSizeBytes, "x");
  const phases = new Phases(job, brokerCpuSeconds);
  while (!phases.isOver) {
    const begun = performance.now();
    let sequence = 0;
    do {
      const records = Array.from({ length: job.recordsPerBatch }, () => ({ key: null, value, timestamp: Date.now() }));
      const batch = buildBatch({ records, producerId, producerEpoch, baseSequence: sequence, isTransactional: true });
      await produce(client, job, batch);
      sequence += job.recordsPerBatch;
      phases.counts.records += job.recordsPerBatch * job.partitions;
    } while (performance.now() - begun < job.intervalMs);
    const ended = { transactionalId, producerId, producerEpoch, committed: true };
    ({ producerId, producerEpoch } = await untilAnswered(
      "end transaction",
      ({ errorCode }) => errorCode,
      () => client.call(apis.endTxn, endVersion, ended),
    ));
    phases.counts.requests++;
    phases.tick();
  }
  const result = phases.result();
  client.close();
  return result;
}

/** To all partitions; again to those for which the last transaction is not complete yet. */
async function produce(client: LoadClient, job: TransactionJob, batch: Buffer): Promise<void> {
  let missing = Array.from({ length: job.partitions }, (_, index) => index);
  const answersOf = ({
    responses,
  }: {
    responses: readonly { partitionResponses: readonly { index: number; errorCode: number }[] }[];
  }) => responses.flatMap(({ partitionResponses }) => [...partitionResponses]);
  await untilAnswered(
    "produce",
    (answer) => {
      const failed = answersOf(answer).filter(({ errorCode }) => errorCode !== 0);
      missing = failed.map(({ index }) => index);
      return failed[0]?.errorCode ?? 0;
    },
    () =>
      client.call(apis.produce, produceVersion, {
        transactionalId,
        acks: -1,
        timeoutMs: 30_000,
        topicData: [
          { name: job.topic, partitionData: missing.map((index) => ({ index, records: Buffer.from(batch) })) },
        ],
      }),
  );
}
