/** The keys of a shard's timers. */
export const timerKeys = {
  timeouts: "timeouts",
  expiration: "expiration",
} as const;
