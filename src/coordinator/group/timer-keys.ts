/** The keys of a shard's timers. NUL stands in no sensible id, and keeps the keys of one kind apart from another's. */
export const timerKeys = {
  /** The session of a member, or of an id that was handed out. */
  session: (groupId: string, memberId: string) => `session\0${groupId}\0${memberId}`,
  /** The end of the join phase, though not all have joined. */
  join: (groupId: string) => `join\0${groupId}`,
  /** The end of the sync phase, though not all have synced. */
  sync: (groupId: string) => `sync\0${groupId}`,
  expiration: "expiration",
} as const;
