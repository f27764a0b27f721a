/** Members of the consumer protocol ask as often as the broker tells them: often, so that tests need not wait. */
export const consumerHeartbeats = {
  "group.consumer.heartbeat.interval.ms": "500",
  "group.consumer.min.heartbeat.interval.ms": "500",
};
