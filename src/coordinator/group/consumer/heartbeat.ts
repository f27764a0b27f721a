import { type ApiRequest, type ApiResponse } from "../../../protocol/apis.ts";
import { Errors } from "../../../protocol/errors.ts";
import { type Draft } from "../../../protocol/schema.ts";
import { type Ticket } from "../../runtime/ticket.ts";
import { type GroupTurn } from "../group-state.ts";
import { advance } from "./advance.ts";
import { enter, type Entry } from "./enter.ts";
import { leaveConsumerGroup } from "./leave.ts";
import { leavingEpoch, pausingEpoch, sameOwned, sortedNames, sameNames, type ConsumerMember } from "./member.ts";
import { isRefusal } from "./refusal.ts";
import { renewConsumerSession } from "./timers.ts";
import { heartbeatIntervalMs } from "./settings.ts";

export type ConsumerHeartbeat = ApiRequest<"consumerGroupHeartbeat">;
export type ConsumerHeartbeatResponse = Draft<ApiResponse<"consumerGroupHeartbeat">>;

/** Who asks, beside what is in the request. */
export interface ConsumerCaller {
  readonly clientId: string;
  readonly clientHost: string;
  /** Drawn at random, for members of version 0 that come without an id; "" for others. */
  readonly newMemberId: string;
}

/** A member of a consumer group says that it lives, what it wants and what it has, and hears what it is to have. */
export function consumerHeartbeat(
  turn: GroupTurn,
  request: ConsumerHeartbeat,
  caller: ConsumerCaller,
  ticket: Ticket<ConsumerHeartbeatResponse>,
): void {
  const isLeaving = request.memberEpoch === leavingEpoch || request.memberEpoch === pausingEpoch;
  turn.reply(ticket, isLeaving ? leaveConsumerGroup(turn, request) : beat(turn, request, caller));
}

function beat(turn: GroupTurn, request: ConsumerHeartbeat, caller: ConsumerCaller): ConsumerHeartbeatResponse {
  const { groupId, memberEpoch, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request;
  const entry: Entry = {
    groupId,
    memberId: request.memberId === "" ? caller.newMemberId : request.memberId,
    memberEpoch,
    instanceId: request.instanceId,
    regex: subscribedTopicRegex,
    reported: topicPartitions,
  };
  const entered = enter(turn, entry);
  if (isRefusal(entered)) return entered;
  const { member } = entered;
  const wanted = withRequested(member, request, caller);
  const after = advance(turn, groupId, { before: member, wanted, reported: topicPartitions });
  renewConsumerSession(turn, groupId, after);
  const isFullRequest =
    request.rebalanceTimeoutMs !== -1 &&
    (subscribedTopicNames !== null || subscribedTopicRegex !== null) &&
    topicPartitions !== null;
  const tellsAssignment = memberEpoch === 0 || isFullRequest || !sameOwned(member.assigned, after.assigned);
  return {
    memberId: after.memberId,
    memberEpoch: after.epoch,
    heartbeatIntervalMs: heartbeatIntervalMs(turn.state, groupId),
    assignment: tellsAssignment ? assignmentOf(after) : null,
  };
}

/** The member with what the request says of it; what the request leaves out stays. */
function withRequested(member: ConsumerMember, request: ConsumerHeartbeat, caller: ConsumerCaller): ConsumerMember {
  const { subscribedTopicNames } = request;
  const topicNames = subscribedTopicNames === null ? member.topicNames : sortedNames(subscribedTopicNames);
  return {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    topicNames: sameNames(member.topicNames, topicNames) ? member.topicNames : topicNames,
    topicRegex: request.subscribedTopicRegex ?? member.topicRegex,
    clientId: caller.clientId,
    clientHost: caller.clientHost,
    classic: null,
  };
}

function assignmentOf({ assigned }: ConsumerMember): NonNullable<ConsumerHeartbeatResponse["assignment"]> {
  const topicPartitions = [...assigned].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
  }));
  return { topicPartitions };
}

/** What the request must say, before anybody looks at the group; undefined when it does. */
export function heartbeatProblem(
  request: ConsumerHeartbeat,
  apiVersion: number,
  assignors: readonly { readonly name: string }[],
): ConsumerHeartbeatResponse | undefined {
  const { memberEpoch, subscribedTopicNames, subscribedTopicRegex, topicPartitions, serverAssignor } = request;
  const invalid = (errorMessage: string) => ({ errorCode: Errors.INVALID_REQUEST, errorMessage });
  const needsMemberId = apiVersion >= 1 || memberEpoch > 0 || memberEpoch === leavingEpoch;
  if (needsMemberId && isBlank(request.memberId)) return invalid("MemberId can't be empty.");
  if (isBlank(request.groupId)) return invalid("GroupId can't be empty.");
  if (isBlank(request.instanceId)) return invalid("InstanceId can't be empty.");
  if (isBlank(request.rackId)) return invalid("RackId can't be empty.");
  if (memberEpoch === 0) {
    if (request.rebalanceTimeoutMs === -1) return invalid("RebalanceTimeoutMs must be provided in first request.");
    if (topicPartitions?.length !== 0) return invalid("TopicPartitions must be empty when (re-)joining.");
    if (subscribedTopicNames === null && subscribedTopicRegex === null) {
      return invalid("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
    }
  } else if (memberEpoch === pausingEpoch) {
    if (request.instanceId === null) return invalid("InstanceId can't be null.");
  } else if (memberEpoch < pausingEpoch) {
    return invalid("MemberEpoch is invalid.");
  }
  if (serverAssignor === null || assignors.some(({ name }) => name === serverAssignor)) return undefined;
  const names = assignors.map(({ name }) => name).join(", ");
  const errorMessage = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${names}.`;
  return { errorCode: Errors.UNSUPPORTED_ASSIGNOR, errorMessage };
}

function isBlank(text: string | null): boolean {
  return text !== null && text.trim() === "";
}
