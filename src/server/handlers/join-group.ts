import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { type Random } from "../../io/ports.ts";
import { javaAddressText } from "../java-address.ts";
import { type Handler } from "../handler.ts";
import { randomUuidText } from "../random-uuid-text.ts";

/**
 * A member wants into the next generation of a group. The answer waits until the generation is there.
 *
 * - v0 has one timeout for session and rebalance.
 * - v4: a new dynamic member is sent back once with an id, MEMBER_ID_REQUIRED.
 * - v5: static members. v7: `protocolName` may be null, which it was not allowed to be before. v9: `skipAssignment`.
 */
export function joinGroupHandler(deps: { groups: GroupCoordinator; random: Random }): Handler<"joinGroup"> {
  return {
    api: "joinGroup",
    async handle(request, { apiVersion, clientId, peer }) {
      const rebalanceTimeoutMs = apiVersion === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;
      const response = await deps.groups.joinGroup(
        { ...request, rebalanceTimeoutMs },
        {
          apiVersion,
          clientId: clientId ?? "",
          clientHost: javaAddressText(peer.host),
          newMemberIdSuffix: request.memberId === "" ? randomUuidText(deps.random) : "",
        },
      );
      const protocolName = response.protocolName ?? "";
      return { ...response, protocolName: apiVersion >= 7 && protocolName === "" ? null : protocolName };
    },
  };
}
