import { BrokerConfig } from "../../../src/config/broker-config.ts";
import { type ControllerRequestContext } from "../../../src/controller/controller.ts";
import { QuorumController } from "../../../src/controller/quorum-controller.ts";
import { nodeDisk } from "../../../src/io/node/node-disk.ts";
import { nodeRandom } from "../../../src/io/node/node-random.ts";
import { type Random } from "../../../src/io/ports.ts";
import { supportedFeatures } from "../../../src/metadata/features/feature-table.ts";
import { MetadataLoader } from "../../../src/metadata/loader.ts";
import { type MetadataRecord } from "../../../src/metadata/metadata-record.ts";
import { decodeMetadataRecord } from "../../../src/metadata/record-serde.ts";
import { type BootstrapMetadata, bootstrapFeatureRecords } from "../../../src/metadata/storage/bootstrap.ts";
import { initialFeatureLevels } from "../../../src/metadata/storage/initial-features.ts";
import { type ApiRequest } from "../../../src/protocol/apis.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { RaftDriver } from "../../../src/raft/driver.ts";
import { QuorumStateStore } from "../../../src/raft/quorum-state-store.ts";
import { SnapshotStore } from "../../../src/raft/snapshot-store.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { MemoryReplicatedLog } from "../../support/memory-replicated-log.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const clusterId = "qwuAgu9BQ22hDP9c4aI8Ww";
export const directoryId = "6dUVpe6WSEeWzpWrj5OibA";
export const incarnations = ["dGDIK6apTu27CnkIYaDTXg", "p1NGOFZNS4KTWCQUmu8Nxg", "HDjTtKYMQJ2ozQS0KFbKVg"] as const;
export const anyone: ControllerRequestContext = { principal: "User:ANONYMOUS" };

const baseProperties = new Map([
  ["process.roles", "broker,controller"],
  ["node.id", "1"],
  ["controller.quorum.voters", "1@localhost:9093"],
  ["listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"],
  ["controller.listener.names", "CONTROLLER"],
  ["metadata.max.idle.interval.ms", "0"],
]);

export interface ControllerFixtureOptions {
  readonly properties?: ReadonlyMap<string, string>;
  readonly log?: MemoryReplicatedLog;
  readonly time?: ManualTime;
  readonly dir?: string;
  readonly bootstrap?: BootstrapMetadata;
  readonly localIncarnationId?: string;
  readonly random?: Random;
}

/** An active controller on a log in memory, through the real raft and the real loader. */
export async function controllerFixture(options: ControllerFixtureOptions = {}) {
  const { log = new MemoryReplicatedLog(), time = new ManualTime(), dir = temporaryDirectory() } = options;
  const config = new BrokerConfig(new Map([...baseProperties, ...(options.properties ?? [])]));
  const voter = { id: 1, directoryId: "AAAAAAAAAAAAAAAAAAAAAA", endpoints: [], minKRaftVersion: 0, maxKRaftVersion: 1 };
  const raft = new RaftDriver({
    local: voter,
    staticVoters: [voter],
    log,
    snapshots: new SnapshotStore(dir, nodeDisk),
    elections: new QuorumStateStore(dir, nodeDisk),
    retention: { bytesMax: -1, msMax: -1 },
    clock: time,
    timers: time,
    logger: silentLogger,
    onFatal(error) {
      throw error;
    },
  });
  const loader = new MetadataLoader((_publisher, error) => {
    throw error;
  });
  const levels = initialFeatureLevels({ hasDynamicQuorum: false });
  const controller = new QuorumController({
    nodeId: 1,
    clusterId,
    config,
    localIncarnationId: options.localIncarnationId,
    bootstrap: options.bootstrap ?? { records: bootstrapFeatureRecords(levels), metadataVersion: 30, source: "test" },
    log: raft,
    metadata: loader,
    clock: time,
    timers: time,
    random: options.random ?? nodeRandom,
    logger: silentLogger,
  });
  loader.addPublisher(controller);
  raft.addListener(loader);
  raft.start();
  await time.settle();

  /** Waits for an answer while time stands still. */
  async function answer<T>(promise: Promise<T>): Promise<T> {
    await time.settle();
    return promise;
  }

  /** All records of the log from `offset` on. */
  function records(offset = 0): MetadataRecord[] {
    return log.batches
      .filter((batch) => !batch.isControl && batch.baseOffset >= offset)
      .flatMap((batch) => [...recordsOf(batch, payloadOf(batch))])
      .map(({ value }) => decodeMetadataRecord(value ?? Buffer.alloc(0)));
  }

  /** Registers a broker, and lets it into the cluster. Returns its epoch. */
  async function joinBroker(id = 1, fields: Partial<ApiRequest<"brokerRegistration">> = {}): Promise<number> {
    const registered = await answer(controller.registerBroker(brokerRegistration(id, fields)));
    const brokerEpoch = registered.brokerEpoch ?? -1;
    await heartbeat(brokerEpoch, { brokerId: id });
    return brokerEpoch;
  }

  function heartbeat(brokerEpoch: number, fields: Partial<ApiRequest<"brokerHeartbeat">> = {}) {
    return answer(
      controller.brokerHeartbeat({
        brokerId: 1,
        brokerEpoch,
        currentMetadataOffset: raft.endOffset - 1,
        wantFence: false,
        wantShutDown: false,
        offlineLogDirs: [],
        cordonedLogDirs: null,
        ...fields,
      }),
    );
  }

  async function createTopic(name: string, fields: Partial<ApiRequest<"createTopics">["topics"][number]> = {}) {
    const response = await answer(controller.createTopics(createTopicsRequest([{ name, ...fields }]), anyone));
    return response.topics?.[0];
  }

  return { controller, raft, loader, log, time, dir, answer, records, joinBroker, heartbeat, createTopic };
}

export function brokerRegistration(
  brokerId = 1,
  fields: Partial<ApiRequest<"brokerRegistration">> = {},
): ApiRequest<"brokerRegistration"> {
  return {
    brokerId,
    clusterId,
    incarnationId: incarnations[0],
    listeners: [{ name: "PLAINTEXT", host: "localhost", port: 9092, securityProtocol: 0 }],
    features: [...supportedFeatures],
    rack: null,
    isMigratingZkBroker: false,
    logDirs: [brokerId === 1 ? directoryId : `${directoryId.slice(0, -2)}${brokerId}A`],
    previousBrokerEpoch: -1,
    ...fields,
  };
}

export function createTopicsRequest(
  topics: readonly (Partial<ApiRequest<"createTopics">["topics"][number]> & { name: string })[],
  validateOnly = false,
): ApiRequest<"createTopics"> {
  const filled = topics.map((topic) => ({
    numPartitions: topic.assignments === undefined ? 1 : -1,
    replicationFactor: topic.assignments === undefined ? 1 : -1,
    assignments: [],
    configs: [],
    ...topic,
  }));
  return { topics: filled, timeoutMs: 1000, validateOnly };
}
