import { metadataVersionFeature } from "./features/feature-names.ts";
import { metadataVersionMin, metadataVersionWith, registerBrokerRecordVersion } from "./features/metadata-version.ts";
import { type BrokerRegistration, type ControllerRegistration } from "./image/cluster-image.ts";
import { type MetadataImage } from "./image/metadata-image.ts";
import { type MetadataRecordDraft } from "./metadata-record.ts";
import { partitionRecordOf } from "./partition-record.ts";

/**
 * The records that make up an image, in Kafka's order: the finalised features first, so that a reader knows what the rest may
 * hold. Replaying them over an empty image gives the image again.
 */
export function* imageRecords(image: MetadataImage): Generator<MetadataRecordDraft, void, undefined> {
  const metadataVersion = image.features.metadataVersion ?? metadataVersionMin;
  yield* featureRecords(image);
  for (const broker of image.cluster.brokers.values()) yield registerBrokerRecordOf(broker, metadataVersion);
  if (metadataVersion >= metadataVersionWith.controllerRegistration) {
    for (const controller of image.cluster.controllers.values()) yield registerControllerRecordOf(controller);
  }
  for (const topic of image.topics.byId.values()) {
    yield { type: "topic", version: 0, data: { name: topic.name, topicId: topic.id } };
    for (const [partitionId, partition] of topic.partitions.entries()) {
      yield partitionRecordOf(topic.id, partitionId, partition, metadataVersion);
    }
  }
  yield* configRecords(image);
  yield* quotaRecords(image);
  if (image.producerIds.nextProducerId >= 0) {
    const { nextProducerId } = image.producerIds;
    yield { type: "producerIds", version: 0, data: { brokerId: -1, brokerEpoch: -1, nextProducerId } };
  }
  for (const data of image.acls.byId.values()) yield { type: "accessControlEntry", version: 0, data };
  if (metadataVersion >= metadataVersionWith.scram) {
    for (const data of image.scram.credentials.values()) yield { type: "userScramCredential", version: 0, data };
  }
  if (metadataVersion >= metadataVersionWith.delegationTokens) {
    for (const data of image.delegationTokens.byTokenId.values()) yield { type: "delegationToken", version: 0, data };
  }
}

function* featureRecords({ features }: MetadataImage): Generator<MetadataRecordDraft> {
  if (features.metadataVersion !== undefined) {
    yield featureRecord(metadataVersionFeature, features.metadataVersion);
  }
  for (const [name, level] of features.finalizedLevels) yield featureRecord(name, level);
}

function featureRecord(name: string, featureLevel: number): MetadataRecordDraft {
  return { type: "featureLevel", version: 0, data: { name, featureLevel } };
}

function registerBrokerRecordOf(broker: BrokerRegistration, metadataVersion: number): MetadataRecordDraft {
  const hasDirectories = metadataVersion >= metadataVersionWith.directoryAssignment;
  const hasCordoned = metadataVersion >= metadataVersionWith.cordonedLogDirs;
  return {
    type: "registerBroker",
    version: registerBrokerRecordVersion(metadataVersion),
    data: {
      brokerId: broker.id,
      isMigratingZkBroker: broker.isMigratingZkBroker,
      incarnationId: broker.incarnationId,
      brokerEpoch: broker.epoch,
      endPoints: broker.endpoints,
      features: broker.features,
      rack: broker.rack,
      fenced: broker.fenced,
      inControlledShutdown: broker.inControlledShutdown,
      logDirs: hasDirectories ? broker.directories : [],
      cordonedLogDirs: hasCordoned ? broker.cordonedDirectories : null,
    },
  };
}

function registerControllerRecordOf(controller: ControllerRegistration): MetadataRecordDraft {
  return {
    type: "registerController",
    version: 0,
    data: {
      controllerId: controller.id,
      incarnationId: controller.incarnationId,
      zkMigrationReady: controller.zkMigrationReady,
      endPoints: controller.endpoints,
      features: controller.features,
    },
  };
}

function* configRecords({ configs }: MetadataImage): Generator<MetadataRecordDraft> {
  for (const resource of configs.resources.values()) {
    for (const [name, value] of resource.values) {
      const data = { resourceType: resource.type, resourceName: resource.name, name, value };
      yield { type: "config", version: 0, data };
    }
  }
}

function* quotaRecords({ clientQuotas }: MetadataImage): Generator<MetadataRecordDraft> {
  for (const { entity, values } of clientQuotas.entities.values()) {
    for (const [key, value] of values) {
      yield { type: "clientQuota", version: 0, data: { entity, key, value, remove: false } };
    }
  }
}
