import { consumerOffsetsTopic, shareGroupStateTopic, transactionStateTopic } from "../../base/topic-name.ts";
import { parseUuid } from "../../base/uuid.ts";
import { partitionFor } from "../../coordinator/runtime/partition-for.ts";
import { type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type AutoTopicCreation } from "../auto-topic-creation.ts";
import { type Handler } from "../handler.ts";
import { type BrokerNode, type MetadataCache } from "../metadata-cache.ts";

export interface FindCoordinatorDeps {
  readonly cache: MetadataCache;
  readonly topicCreation: Pick<AutoTopicCreation, "create">;
  readonly nodeId: number;
  /** The coordinators that this broker has, by their topics: nobody is sent to, and no topic is made for, another. */
  readonly coordinators: ReadonlyMap<string, LocalCoordinator>;
}

export interface LocalCoordinator {
  /** It has been told that this broker leads the partition: the metadata says so a moment earlier. */
  leads(partition: number): boolean;
}

type Coordinator = Draft<ApiResponse<"findCoordinator">["coordinators"][number]>;
type Found = { readonly errorCode: ErrorCode; readonly node?: BrokerNode };

const keyTypes = { group: 0, transaction: 1, share: 2 } as const;
const topicByKeyType: { readonly [keyType: number]: string } = {
  [keyTypes.group]: consumerOffsetsTopic,
  [keyTypes.transaction]: transactionStateTopic,
  [keyTypes.share]: shareGroupStateTopic,
};

/** The only messages of these errors, as Kafka words them; before version 4 success has one, too. */
const messages = new Map<ErrorCode, string>([
  [Errors.NONE, "NONE"],
  [Errors.COORDINATOR_NOT_AVAILABLE, "The coordinator is not available."],
  [
    Errors.INVALID_REQUEST,
    "This most likely occurs because of a request being malformed by the client library or the message was sent to an " +
      "incompatible broker. See the broker logs for more details.",
  ],
]);

/**
 * Which broker coordinates a group, a transactional id or a partition of a share group: the leader of the partition that the
 * key's hash chooses. The topic is created when it is first asked for; until it is there, and has a leader that knows of it, the answer
 * is COORDINATOR_NOT_AVAILABLE, which clients try again.
 *
 * - v0–3 ask for one key and have the answer at the top; v4+ for several.
 * - v6: share groups, with keys "group:topic id:partition". INVALID_REQUEST before, and for a key that is none.
 * - An unknown key type is INVALID_REQUEST for all keys.
 */
export function findCoordinatorHandler(deps: FindCoordinatorDeps): Handler<"findCoordinator"> {
  return {
    api: "findCoordinator",
    handle({ key, keyType, coordinatorKeys }, { apiVersion, listenerName }) {
      const isKnown = topicByKeyType[keyType] !== undefined;
      const find = (wanted: string): Found => {
        if (!isKnown) return { errorCode: Errors.INVALID_REQUEST };
        return findCoordinator(deps, keyType, wanted, apiVersion, listenerName);
      };
      if (apiVersion < 4) {
        const found = find(key);
        return { ...answer(found), errorMessage: messages.get(found.errorCode) ?? null };
      }
      return {
        coordinators: coordinatorKeys.map((wanted): Coordinator => {
          const errorMessage = isKnown ? "" : messages.get(Errors.INVALID_REQUEST);
          return { key: wanted, ...answer(find(wanted)), errorMessage };
        }),
      };
    },
  };
}

function findCoordinator(
  { cache, topicCreation, nodeId, coordinators }: FindCoordinatorDeps,
  keyType: number,
  key: string,
  apiVersion: number,
  listenerName: string,
): Found {
  if (keyType === keyTypes.share && (apiVersion < 6 || !isSharePartitionKey(key))) {
    return { errorCode: Errors.INVALID_REQUEST };
  }
  const notAvailable: Found = { errorCode: Errors.COORDINATOR_NOT_AVAILABLE };
  const topicName = topicByKeyType[keyType]!;
  const coordinator = coordinators.get(topicName);
  if (coordinator === undefined) return notAvailable;
  const topic = cache.topic(topicName);
  if (topic === undefined) {
    topicCreation.create([topicName], "User:ANONYMOUS");
    return notAvailable;
  }
  const index = partitionFor(key, topic.partitions.length);
  const partition = topic.partitions[index];
  const node = partition === undefined ? undefined : cache.aliveNode(partition.leader, listenerName);
  if (node === undefined || (node.id === nodeId && !coordinator.leads(index))) return notAvailable;
  return { errorCode: Errors.NONE, node };
}

function answer({ errorCode, node }: Found): Pick<Coordinator, "errorCode" | "nodeId" | "host" | "port"> {
  return { errorCode, nodeId: node?.id ?? -1, host: node?.host ?? "", port: node?.port ?? -1 };
}

/** "group:topic id:partition", where the group's id may hold colons. */
function isSharePartitionKey(key: string): boolean {
  const match = /^(.*):([^:]*):([^:]*)$/s.exec(key);
  if (match === null) return false;
  const [, groupId = "", topicId = "", partition = ""] = match;
  const isInt32 = /^[+-]?\d+$/.test(partition) && Math.abs(Number(partition)) < 2 ** 31;
  return groupId.trim() !== "" && parseUuid(topicId) !== undefined && isInt32;
}
