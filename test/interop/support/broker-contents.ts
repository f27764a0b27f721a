import { createHash } from "node:crypto";
import { call } from "../../../bench/harness/admin.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { waitUntilCoordinated, waitUntilLed } from "../../support/broker/wait-until.ts";

const specialTimes = { latest: -1, earliest: -2, maxTimestamp: -3 };

/**
 * Everything that clients can see of a broker's topics and groups, to compare two brokers on one data directory by.
 * @param epochs how many leader epochs have ended: what a leader says of its own is not in any file
 */
export async function contentsOf(port: number, groups: readonly string[], epochs: number): Promise<object> {
  const metadata = await call(port, apis.metadata, 12, { topics: null });
  const topics = metadata.topics
    .filter(({ isInternal }) => !isInternal)
    .map(({ name, topicId, partitions }) => ({ name: name ?? "", topicId, count: partitions.length }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const contents: Record<string, unknown> = { clusterId: metadata.clusterId };
  for (const { name, topicId, count } of topics) {
    await waitUntilLed(port, name, count);
    contents[name] = {
      topicId,
      configs: await configsOf(port, name),
      partitions: await partitionsOf(port, name, count, epochs),
    };
  }
  for (const group of groups) contents[`group ${group}`] = await offsetsOf(port, group);
  return contents;
}

async function configsOf(port: number, topic: string): Promise<string[]> {
  const { results } = await call(port, apis.describeConfigs, 4, {
    resources: [{ resourceType: 2, resourceName: topic }],
  });
  const dynamicTopicConfig = 1;
  return (results[0]?.configs ?? [])
    .filter(({ configSource }) => configSource === dynamicTopicConfig)
    .map(({ name, value }) => `${name}=${value}`)
    .sort();
}

async function partitionsOf(port: number, topic: string, count: number, epochs: number): Promise<object[]> {
  const partitions: object[] = [];
  for (let partition = 0; partition < count; partition++) {
    const offsets: Record<string, unknown> = {};
    for (const [name, timestamp] of Object.entries(specialTimes)) {
      offsets[name] = await offsetAt(port, topic, partition, timestamp);
    }
    const records = await recordsOf(port, topic, partition, (offsets["earliest"] as { offset: number }).offset);
    const byTime = await Promise.all(records.times.map((time) => offsetAt(port, topic, partition, time)));
    partitions.push({
      offsets,
      records: records.digests,
      byTime,
      epochs: await epochsOf(port, topic, partition, epochs),
    });
  }
  return partitions;
}

async function offsetAt(
  port: number,
  topic: string,
  partition: number,
  timestamp: number,
): Promise<{ offset: number; timestamp: number }> {
  const { topics } = await call(port, apis.listOffsets, 7, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }],
  });
  const found = topics[0]?.partitions[0];
  if (found?.errorCode !== Errors.NONE) throw new Error(`offset of ${topic}-${partition}: ${found?.errorCode}`);
  return { offset: found.offset, timestamp: found.timestamp };
}

/** The batches, byte for byte (as digests, one a batch), and times around those in them. */
async function recordsOf(
  port: number,
  topic: string,
  partition: number,
  logStart: number,
): Promise<{ digests: string[]; times: number[] }> {
  const digests: string[] = [];
  const times = new Set<number>();
  for (let fetchOffset = logStart; ;) {
    const { responses } = await call(port, apis.fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [{ topic, partitions: [{ partition, fetchOffset, logStartOffset: -1, partitionMaxBytes: 1 << 22 }] }],
    });
    const found = responses[0]?.partitions[0];
    if (found?.errorCode !== Errors.NONE) throw new Error(`fetch of ${topic}-${partition}: ${found?.errorCode}`);
    const before = fetchOffset;
    for (const batch of batches(found.records ?? Buffer.alloc(0))) {
      digests.push(`${batch.baseOffset} ${createHash("sha1").update(batch.bytes()).digest("base64")}`);
      // Some of them: each is a request.
      if (digests.length % 17 === 1) times.add(batch.maxTimestamp).add(batch.maxTimestamp + 1);
      fetchOffset = batch.nextOffset;
    }
    if (fetchOffset === before) return { digests, times: [...times].slice(-20) };
  }
}

/** Where leader epochs end. */
async function epochsOf(port: number, topic: string, partition: number, count: number): Promise<unknown[]> {
  const ends: unknown[] = [];
  for (let leaderEpoch = 0; leaderEpoch < count; leaderEpoch++) {
    const { topics } = await call(port, apis.offsetForLeaderEpoch, 4, {
      topics: [{ topic, partitions: [{ partition, leaderEpoch }] }],
    });
    const { errorCode, leaderEpoch: epoch, endOffset } = topics[0]!.partitions[0]!;
    ends.push([errorCode, epoch, endOffset]);
  }
  return ends;
}

async function offsetsOf(port: number, group: string): Promise<unknown> {
  await waitUntilCoordinated(port, group);
  const { groups } = await call(port, apis.offsetFetch, 8, { groups: [{ groupId: group, topics: null }] });
  return groups[0]?.topics
    .flatMap(({ name, partitions }) =>
      partitions.map((each) => `${name}-${each.partitionIndex} ${each.committedOffset} ${each.metadata}`),
    )
    .sort();
}
