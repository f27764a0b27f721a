import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Ticket } from "../runtime/ticket.ts";

export type JoinResponse = Draft<ApiResponse<"joinGroup">>;
export type SyncResponse = Draft<ApiResponse<"syncGroup">>;

/** A way of assigning partitions that the member knows, with what it tells the leader about itself in that way. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

/** One member of a classic group; replaced, never changed. */
export interface ClassicMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly protocolType: string;
  /** The preferred one first. After a load only the one that the group had chosen. */
  readonly protocols: readonly MemberProtocol[];
  readonly assignment: Buffer;
  /** Has not been in a complete generation yet. */
  readonly isNew: boolean;
  /** The JoinGroup that waits for the generation. */
  readonly joining: Ticket<JoinResponse> | undefined;
  /** The SyncGroup that waits for the leader's assignment. */
  readonly syncing: Ticket<SyncResponse> | undefined;
}

export const emptyAssignment = Buffer.alloc(0);

/** The protocols of a request, in buffers of their own: they outlive the request's by far. */
export function protocolsOf(request: Pick<ApiRequest<"joinGroup">, "protocols">): MemberProtocol[] {
  return request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
}

export function hasSameProtocols(member: ClassicMember, request: Pick<ApiRequest<"joinGroup">, "protocols">): boolean {
  return (
    member.protocols.length === request.protocols.length &&
    member.protocols.every(({ name, metadata }, index) => {
      const other = request.protocols[index]!;
      return name === other.name && metadata.equals(other.metadata);
    })
  );
}

/** What the member says of itself under a protocol that all members know. */
export function metadataOf(member: ClassicMember, protocolName: string | null): Buffer | undefined {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata;
}
