import { apiVersionsScenario, logDirsScenario, metadataScenario } from "./scenarios/cluster.ts";
import {
  consumerRegexScenario,
  mixedGroupScenario,
  replacedConsumerScenario,
} from "./scenarios/consumer-group-migration.ts";
import {
  consumerGroupRefusalsScenario,
  consumerGroupScenario,
  consumerMetadataScenario,
  consumerOffsetsScenario,
  staticConsumerScenario,
} from "./scenarios/consumer-groups.ts";
import { consumerRegexesScenario } from "./scenarios/consumer-regexes.ts";
import { consumerTransactionsScenario } from "./scenarios/consumer-transactions.ts";
import { dynamicConfigsScenario } from "./scenarios/dynamic-configs.ts";
import { fetchScenario, longPollScenario } from "./scenarios/fetch.ts";
import { sessionByIdScenario, sessionScenario } from "./scenarios/fetch-sessions.ts";
import { groupConfigsScenario } from "./scenarios/group-configs.ts";
import { deletedProducerScenario, idempotenceScenario, initProducerIdScenario } from "./scenarios/idempotence.ts";
import { transactionalOffsetsScenario } from "./scenarios/offset-commits.ts";
import { classicMemberOrderScenario, memberOrderScenario } from "./scenarios/member-order.ts";
import { oddCommitsScenario } from "./scenarios/odd-commits.ts";
import { deleteRecordsScenario, leaderEpochScenario, listOffsetsScenario } from "./scenarios/offsets.ts";
import { configuredScenario, produceScenario, unansweredScenario } from "./scenarios/produce.ts";
import {
  committedWaitScenario,
  implicitScenario,
  markersScenario,
  readCommittedScenario,
  verificationScenario,
} from "./scenarios/transactions.ts";
import { type Scenario } from "./session.ts";

export const scenarios: readonly Scenario[] = [
  produceScenario,
  unansweredScenario,
  configuredScenario,
  idempotenceScenario,
  deletedProducerScenario,
  initProducerIdScenario,
  fetchScenario,
  longPollScenario,
  sessionScenario,
  sessionByIdScenario,
  listOffsetsScenario,
  leaderEpochScenario,
  deleteRecordsScenario,
  verificationScenario,
  implicitScenario,
  markersScenario,
  readCommittedScenario,
  committedWaitScenario,
  transactionalOffsetsScenario,
  oddCommitsScenario,
  consumerGroupScenario,
  consumerGroupRefusalsScenario,
  staticConsumerScenario,
  consumerMetadataScenario,
  consumerOffsetsScenario,
  mixedGroupScenario,
  replacedConsumerScenario,
  consumerRegexScenario,
  consumerRegexesScenario,
  consumerTransactionsScenario,
  groupConfigsScenario,
  memberOrderScenario,
  classicMemberOrderScenario,
  logDirsScenario,
  metadataScenario,
  apiVersionsScenario,
  dynamicConfigsScenario,
];
