import { unreachable } from "../../base/assert.ts";
import { type Uuid } from "../../base/brand.ts";
import { type AccessControlEntryRecord } from "../../protocol/metadata-records/access-control-entry.ts";
import { type DelegationTokenRecord } from "../../protocol/metadata-records/delegation-token.ts";
import { type UserScramCredentialRecord } from "../../protocol/metadata-records/user-scram-credential.ts";
import { inOneTurn } from "../../io/next-turn.ts";
import { emptyImage, type MetadataImage, type MetadataProvenance } from "../image/metadata-image.ts";
import { type ProducerIdsImage } from "../image/producer-ids-image.ts";
import { scramKey } from "../image/security-images.ts";
import { type MetadataRecord } from "../metadata-record.ts";
import { ClientQuotasDelta } from "./client-quotas-delta.ts";
import { ClusterDelta } from "./cluster-delta.ts";
import { ConfigsDelta } from "./configs-delta.ts";
import { FeaturesDelta } from "./features-delta.ts";
import { KeyedDelta } from "./keyed-delta.ts";
import { TopicsDelta } from "./topics-delta.ts";

/**
 * What a run of records changes in an image. The one place where records become state: the controller, the broker's view
 * and loading after a restart all go through `replay`. A part is undefined while no record has touched it.
 *
 * ```
 * image ── new MetadataDelta(image) ── replay(record)… ── apply(provenance) ──▶ next image
 * ```
 */
export class MetadataDelta {
  /** The state before. */
  readonly image: MetadataImage;
  features: FeaturesDelta | undefined;
  cluster: ClusterDelta | undefined;
  topics: TopicsDelta | undefined;
  configs: ConfigsDelta | undefined;
  clientQuotas: ClientQuotasDelta | undefined;
  producerIds: ProducerIdsImage | undefined;
  acls: KeyedDelta<Uuid, Readonly<AccessControlEntryRecord>> | undefined;
  scram: KeyedDelta<string, Readonly<UserScramCredentialRecord>> | undefined;
  delegationTokens: KeyedDelta<string, Readonly<DelegationTokenRecord>> | undefined;

  constructor(image: MetadataImage = emptyImage) {
    this.image = image;
  }

  replay(record: MetadataRecord): void {
    switch (record.type) {
      case "registerBroker":
        return this.#cluster().replayRegisterBroker(record.data);
      case "unregisterBroker":
        return this.#cluster().replayUnregisterBroker(record.data);
      case "fenceBroker":
        return this.#cluster().replayFencing(record.data.id, record.data.epoch, true);
      case "unfenceBroker":
        return this.#cluster().replayFencing(record.data.id, record.data.epoch, false);
      case "brokerRegistrationChange":
        return this.#cluster().replayBrokerRegistrationChange(record.data);
      case "registerController":
        return this.#cluster().replayRegisterController(record.data);
      case "topic":
        return this.#topics().replayTopic(record.data);
      case "partition":
        return this.#topics().replayPartition(record.data);
      case "partitionChange":
        return this.#topics().replayPartitionChange(record.data);
      case "clearElr":
        return this.#topics().replayClearElr(record.data.topicName);
      case "removeTopic":
        return this.#configs().replayRemoveTopic(this.#topics().replayRemoveTopic(record.data));
      case "config":
        return this.#configs().replayConfig(record.data);
      case "featureLevel":
        return (this.features ??= new FeaturesDelta(this.image.features)).replayFeatureLevel(record.data);
      case "clientQuota":
        return this.#clientQuotas().replayClientQuota(record.data);
      case "producerIds":
        this.producerIds = { nextProducerId: record.data.nextProducerId };
        return;
      case "accessControlEntry":
        return this.#acls().set(record.data.id, record.data);
      case "removeAccessControlEntry":
        return this.#acls().remove(record.data.id);
      case "userScramCredential":
        return this.#scram().set(scramKey(record.data.mechanism, record.data.name), record.data);
      case "removeUserScramCredential":
        return this.#scram().remove(scramKey(record.data.mechanism, record.data.name));
      case "delegationToken":
        return this.#delegationTokens().set(record.data.tokenId, record.data);
      case "removeDelegationToken":
        return this.#delegationTokens().remove(record.data.tokenId);
      case "noOp":
      // Left by clusters that came from ZooKeeper; nothing reads it any more.
      case "zkMigrationState":
      // Transactions are the loader's business: it replays only those that ended.
      case "beginTransaction":
      case "endTransaction":
      case "abortTransaction":
        return;
      default:
        unreachable(record);
    }
  }

  /** After the last record of a snapshot: what it did not mention is gone. */
  finishSnapshot(): void {
    (this.features ??= new FeaturesDelta(this.image.features)).finishSnapshot();
    this.#cluster().finishSnapshot();
    this.#topics().finishSnapshot();
    this.#configs().finishSnapshot();
    this.#clientQuotas().finishSnapshot();
    this.producerIds ??= { nextProducerId: -1 };
    this.#acls().finishSnapshot();
    this.#scram().finishSnapshot();
    this.#delegationTokens().finishSnapshot();
  }

  apply(provenance: MetadataProvenance): MetadataImage {
    return inOneTurn(this.applying(provenance));
  }

  /** As `apply`; thousands of changes are applied in parts. */
  *applying(provenance: MetadataProvenance): Generator<void, MetadataImage> {
    const { image } = this;
    const topics = this.topics === undefined ? image.topics : yield* this.topics.applying();
    const configs = this.configs === undefined ? image.configs : yield* this.configs.applying();
    return {
      provenance,
      features: this.features?.apply() ?? image.features,
      cluster: this.cluster?.apply() ?? image.cluster,
      topics,
      configs,
      clientQuotas: this.clientQuotas?.apply() ?? image.clientQuotas,
      producerIds: this.producerIds ?? image.producerIds,
      acls: this.acls === undefined ? image.acls : { byId: this.acls.apply() },
      scram: this.scram === undefined ? image.scram : { credentials: this.scram.apply() },
      delegationTokens:
        this.delegationTokens === undefined ? image.delegationTokens : { byTokenId: this.delegationTokens.apply() },
    };
  }

  #cluster(): ClusterDelta {
    return (this.cluster ??= new ClusterDelta(this.image.cluster));
  }

  #topics(): TopicsDelta {
    return (this.topics ??= new TopicsDelta(this.image.topics));
  }

  #configs(): ConfigsDelta {
    return (this.configs ??= new ConfigsDelta(this.image.configs));
  }

  #clientQuotas(): ClientQuotasDelta {
    return (this.clientQuotas ??= new ClientQuotasDelta(this.image.clientQuotas));
  }

  #acls(): NonNullable<MetadataDelta["acls"]> {
    return (this.acls ??= new KeyedDelta(this.image.acls.byId));
  }

  #scram(): NonNullable<MetadataDelta["scram"]> {
    return (this.scram ??= new KeyedDelta(this.image.scram.credentials));
  }

  #delegationTokens(): NonNullable<MetadataDelta["delegationTokens"]> {
    return (this.delegationTokens ??= new KeyedDelta(this.image.delegationTokens.byTokenId));
  }
}
