import { type Draft, type Infer } from "../protocol/schema.ts";
import { abortTransactionRecord } from "../protocol/metadata-records/abort-transaction.ts";
import { accessControlEntryRecord } from "../protocol/metadata-records/access-control-entry.ts";
import { beginTransactionRecord } from "../protocol/metadata-records/begin-transaction.ts";
import { brokerRegistrationChangeRecord } from "../protocol/metadata-records/broker-registration-change.ts";
import { clearElrRecord } from "../protocol/metadata-records/clear-elr.ts";
import { clientQuotaRecord } from "../protocol/metadata-records/client-quota.ts";
import { configRecord } from "../protocol/metadata-records/config.ts";
import { delegationTokenRecord } from "../protocol/metadata-records/delegation-token.ts";
import { endTransactionRecord } from "../protocol/metadata-records/end-transaction.ts";
import { featureLevelRecord } from "../protocol/metadata-records/feature-level.ts";
import { fenceBrokerRecord } from "../protocol/metadata-records/fence-broker.ts";
import { noOpRecord } from "../protocol/metadata-records/no-op.ts";
import { partitionChangeRecord } from "../protocol/metadata-records/partition-change.ts";
import { partitionRecord } from "../protocol/metadata-records/partition.ts";
import { producerIdsRecord } from "../protocol/metadata-records/producer-ids.ts";
import { registerBrokerRecord } from "../protocol/metadata-records/register-broker.ts";
import { registerControllerRecord } from "../protocol/metadata-records/register-controller.ts";
import { removeAccessControlEntryRecord } from "../protocol/metadata-records/remove-access-control-entry.ts";
import { removeDelegationTokenRecord } from "../protocol/metadata-records/remove-delegation-token.ts";
import { removeTopicRecord } from "../protocol/metadata-records/remove-topic.ts";
import { removeUserScramCredentialRecord } from "../protocol/metadata-records/remove-user-scram-credential.ts";
import { topicRecord } from "../protocol/metadata-records/topic.ts";
import { unfenceBrokerRecord } from "../protocol/metadata-records/unfence-broker.ts";
import { unregisterBrokerRecord } from "../protocol/metadata-records/unregister-broker.ts";
import { userScramCredentialRecord } from "../protocol/metadata-records/user-scram-credential.ts";
import { zkMigrationStateRecord } from "../protocol/metadata-records/zk-migration-state.ts";

/** Every kind of record in the metadata log; the schema's key is the record's type on disk. */
export const metadataRecordSchemas = {
  registerBroker: registerBrokerRecord,
  unregisterBroker: unregisterBrokerRecord,
  topic: topicRecord,
  partition: partitionRecord,
  config: configRecord,
  partitionChange: partitionChangeRecord,
  fenceBroker: fenceBrokerRecord,
  unfenceBroker: unfenceBrokerRecord,
  removeTopic: removeTopicRecord,
  delegationToken: delegationTokenRecord,
  userScramCredential: userScramCredentialRecord,
  featureLevel: featureLevelRecord,
  clientQuota: clientQuotaRecord,
  producerIds: producerIdsRecord,
  brokerRegistrationChange: brokerRegistrationChangeRecord,
  accessControlEntry: accessControlEntryRecord,
  removeAccessControlEntry: removeAccessControlEntryRecord,
  noOp: noOpRecord,
  zkMigrationState: zkMigrationStateRecord,
  removeUserScramCredential: removeUserScramCredentialRecord,
  beginTransaction: beginTransactionRecord,
  endTransaction: endTransactionRecord,
  abortTransaction: abortTransactionRecord,
  removeDelegationToken: removeDelegationTokenRecord,
  registerController: registerControllerRecord,
  clearElr: clearElrRecord,
} as const;

export type MetadataRecordType = keyof typeof metadataRecordSchemas;

export type MetadataRecordData<T extends MetadataRecordType> = Infer<(typeof metadataRecordSchemas)[T]>;

/** A decoded record: every field is set. */
export type MetadataRecord = {
  [T in MetadataRecordType]: { readonly type: T; readonly version: number; readonly data: MetadataRecordData<T> };
}[MetadataRecordType];

/** A record to be written: fields that are left out get their default. */
export type MetadataRecordDraft = {
  [T in MetadataRecordType]: {
    readonly type: T;
    readonly version: number;
    readonly data: Draft<MetadataRecordData<T>>;
  };
}[MetadataRecordType];
