import { errorName } from "../../src/protocol/errors.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { fetch, from } from "./requests.ts";
import { type Session } from "./session.ts";
import { epochName, storedBatches, timeName } from "./stored-batches.ts";

/** What ListOffsets tells of the first partition of each topic: a line for each time and isolation level. */
export async function listedOffsets(
  s: Session,
  topics: readonly string[],
  times: readonly number[],
): Promise<Map<string, string[]>> {
  const lines = new Map(topics.map((topic): [string, string[]] => [topic, []]));
  for (const timestamp of times) {
    for (const isolationLevel of [0, 1]) {
      const answer = await s.quietly("listOffsets", 10, {
        replicaId: -1,
        isolationLevel,
        topics: topics.map((name) => ({ name, partitions: [{ partitionIndex: 0, timestamp }] })),
      });
      for (const { name, partitions } of answer.topics) {
        const { errorCode, offset, timestamp: found, leaderEpoch } = partitions[0]!;
        const place = `${offset} of ${timeName(found)} in ${epochName(leaderEpoch, s.names)}`;
        lines.get(name)!.push(`${timestamp}, isolation ${isolationLevel}: ${errorName(errorCode)} ${place}`);
      }
    }
  }
  return lines;
}

/** Where the leader epochs end. */
export async function endsOfEpochs(s: Session, topic: string, epochs: readonly number[]): Promise<string[]> {
  const lines: string[] = [];
  for (const leaderEpoch of epochs) {
    const partitions = [{ partition: 0, leaderEpoch }];
    const { topics } = await s.quietly("offsetForLeaderEpoch", 4, { replicaId: -1, topics: [{ topic, partitions }] });
    const { errorCode, leaderEpoch: found, endOffset } = topics[0]!.partitions[0]!;
    const [asked, told] = [leaderEpoch, found].map((epoch) => epochName(epoch, s.names));
    lines.push(`${asked}: ${errorName(errorCode)} ${told} ends at ${endOffset}`);
  }
  return lines;
}

/** Batches in a row, from the beginning of the log, and the first answer. */
export async function readAll(s: Session, topic: string, isolationLevel = 0) {
  const partitions = [{ partitionIndex: 0, timestamp: -2 }];
  const earliest = await s.quietly("listOffsets", 7, { replicaId: -1, topics: [{ name: topic, partitions }] });
  return readFrom(s, topic, earliest.topics[0]!.partitions[0]!.offset, isolationLevel);
}

/** As `readAll`, from an offset on: a fetch brings what is in one segment. */
export async function readFrom(s: Session, topic: string, startOffset: number, isolationLevel = 0) {
  const read = async (offset: number) => {
    const wanted = fetch([{ topic, partitions: [from(offset)] }], { isolationLevel });
    return (await s.quietly("fetch", 12, wanted)).responses[0]!.partitions[0]!;
  };
  const first = await read(startOffset);
  const parts: Buffer[] = [];
  for (let { records } = first; records !== null && records.length > 0;) {
    parts.push(records);
    ({ records } = await read([...batches(records)].at(-1)!.lastOffset + 1));
  }
  return { first, records: Buffer.concat(parts) };
}

/** The log's ends and batches, and what of them is committed. */
export async function logContents(s: Session, topic: string): Promise<object> {
  const { first, records } = await readAll(s, topic);
  const { errorCode, highWatermark, lastStableOffset, logStartOffset } = first;
  const committed = await readAll(s, topic, 1);
  return {
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    batches: await storedBatches(records, s.names),
    batchesCommitted: [...batches(committed.records)].length,
    abortedTransactions: committed.first.abortedTransactions,
  };
}

export async function producersOf(s: Session, topic: string): Promise<readonly object[]> {
  const answer = await s.quietly("describeProducers", 0, { topics: [{ name: topic, partitionIndexes: [0] }] });
  return answer.topics[0]!.partitions[0]!.activeProducers.map(({ coordinatorEpoch, ...producer }) => ({
    ...producer,
    coordinator: epochName(coordinatorEpoch, s.names),
  }));
}
