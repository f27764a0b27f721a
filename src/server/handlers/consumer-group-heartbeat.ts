import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { type Random } from "../../io/ports.ts";
import { Errors } from "../../protocol/errors.ts";
import { randomUuid } from "../../base/uuid.ts";
import { javaAddressText } from "../java-address.ts";
import { type Handler } from "../handler.ts";

interface ConsumerGroupHeartbeatDeps {
  readonly groups: GroupCoordinator;
  readonly random: Random;
  /** Whether the cluster has finalized the group protocol. */
  readonly isEnabled: () => boolean;
}

/**
 * A member of a consumer group (KIP-848) says that it lives and what it wants, and hears what it is to have.
 *
 * - v0: the broker gives ids to members that come without one. v1: they bring their own; regular expressions.
 */
export function consumerGroupHeartbeatHandler(deps: ConsumerGroupHeartbeatDeps): Handler<"consumerGroupHeartbeat"> {
  return {
    api: "consumerGroupHeartbeat",
    handle(request, { apiVersion, clientId, peer }) {
      if (!deps.isEnabled()) return { errorCode: Errors.UNSUPPORTED_VERSION };
      return deps.groups.consumerHeartbeat(request, apiVersion, {
        clientId: clientId ?? "",
        clientHost: javaAddressText(peer.host),
        newMemberId: request.memberId === "" ? randomUuid(deps.random) : "",
      });
    },
  };
}
