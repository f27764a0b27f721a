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
import { compressedCoordinatorBatchesScenario, coordinatorBatchesScenario } from "./scenarios/coordinator-batches.ts";
import { dynamicConfigsScenario } from "./scenarios/dynamic-configs.ts";
import { fetchScenario, longPollScenario } from "./scenarios/fetch.ts";
import { sessionByIdScenario, sessionScenario } from "./scenarios/fetch-sessions.ts";
import { foundScenarios } from "./scenarios/found.ts";
import { groupConfigsScenario } from "./scenarios/group-configs.ts";
import { groupLimitsScenario } from "./scenarios/group-limits.ts";
import { deletedProducerScenario, idempotenceScenario, initProducerIdScenario } from "./scenarios/idempotence.ts";
import { transactionalOffsetsScenario } from "./scenarios/offset-commits.ts";
import { classicMemberOrderScenario, memberOrderScenario } from "./scenarios/member-order.ts";
import { migrationPolicyScenarios } from "./scenarios/migration-policies.ts";
import { oddConfigsScenario } from "./scenarios/odd-configs.ts";
import { oddCommitsScenario } from "./scenarios/odd-commits.ts";
import { oddStorageScenario } from "./scenarios/odd-storage.ts";
import { deleteRecordsScenario, leaderEpochScenario, listOffsetsScenario } from "./scenarios/offsets.ts";
import { restartScenario } from "./scenarios/restarts.ts";
import { configuredScenario, produceScenario, unansweredScenario } from "./scenarios/produce.ts";
import {
  committedWaitScenario,
  implicitScenario,
  markersScenario,
  readCommittedScenario,
  verificationScenario,
} from "./scenarios/transactions.ts";
import { type Scenario } from "./session.ts";

/** Scenarios that one broker can serve, and what it is to be configured with. */
export interface ScenariosOfOne {
  readonly settings: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly scenarios: readonly Scenario[];
}

/** In groups of those that agree on the broker's settings. */
export function byBroker(all: readonly Scenario[]): ScenariosOfOne[] {
  const groups = new Map<string, ScenariosOfOne & { readonly scenarios: Scenario[] }>();
  for (const scenario of all) {
    const { properties = {} } = scenario;
    const settings = Object.entries(properties)
      .map(([key, value]) => `${key}=${value}`)
      .join(", ");
    const group = groups.get(settings) ?? { settings, properties, scenarios: [] };
    group.scenarios.push(scenario);
    groups.set(settings, group);
  }
  return [...groups.values()];
}

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
  groupLimitsScenario,
  ...migrationPolicyScenarios,
  memberOrderScenario,
  classicMemberOrderScenario,
  logDirsScenario,
  metadataScenario,
  apiVersionsScenario,
  dynamicConfigsScenario,
  oddConfigsScenario,
  oddStorageScenario,
  coordinatorBatchesScenario,
  compressedCoordinatorBatchesScenario,
  restartScenario,
  ...foundScenarios,
];
