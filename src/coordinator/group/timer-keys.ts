/** The keys of a shard's timers. NUL stands in no sensible id, and keeps the keys of one kind apart from another's. */
export const timerKeys = {
  /** The session of a member, or of an id that was handed out. */
  session: (groupId: string, memberId: string) => `session\0${groupId}\0${memberId}`,
  /** The end of the join phase, though not all have joined. */
  join: (groupId: string) => `join\0${groupId}`,
  /** The end of the sync phase, though not all have synced. */
  sync: (groupId: string) => `sync\0${groupId}`,
  /** The end of the time in which a member of a consumer group must give partitions up. */
  revocation: (groupId: string, memberId: string) => `revocation\0${groupId}\0${memberId}`,
  /** A classic member of a consumer group must join again until then, or ask for its assignment. */
  classicJoin: (groupId: string, memberId: string) => `classic join\0${groupId}\0${memberId}`,
  classicSync: (groupId: string, memberId: string) => `classic sync\0${groupId}\0${memberId}`,
  expiration: "expiration",
} as const;
