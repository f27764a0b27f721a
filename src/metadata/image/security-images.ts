import { type Uuid } from "../../base/brand.ts";
import { PersistentMap } from "../../base/persistent-map.ts";
import { type AccessControlEntryRecord } from "../../protocol/metadata-records/access-control-entry.ts";
import { type DelegationTokenRecord } from "../../protocol/metadata-records/delegation-token.ts";
import { type UserScramCredentialRecord } from "../../protocol/metadata-records/user-scram-credential.ts";

export interface AclsImage {
  readonly byId: PersistentMap<Uuid, Readonly<AccessControlEntryRecord>>;
}

export const emptyAcls: AclsImage = { byId: PersistentMap.empty() };

export interface ScramImage {
  /** By `scramKey`. */
  readonly credentials: PersistentMap<string, Readonly<UserScramCredentialRecord>>;
}

export const emptyScram: ScramImage = { credentials: PersistentMap.empty() };

export function scramKey(mechanism: number, user: string): string {
  return `${mechanism}:${user}`;
}

export interface DelegationTokensImage {
  readonly byTokenId: PersistentMap<string, Readonly<DelegationTokenRecord>>;
}

export const emptyDelegationTokens: DelegationTokensImage = { byTokenId: PersistentMap.empty() };
