import { atLeast, boolean, int, oneOf, string, type ConfigKey } from "./config-key.ts";
import { shareOffsetReset } from "./share-offset-reset.ts";

/** Every key that a group can override. */
export const groupKeys = {
  "consumer.session.timeout.ms": int(45000, { check: atLeast(1), importance: "MEDIUM" }),
  "consumer.heartbeat.interval.ms": int(5000, { check: atLeast(1), importance: "MEDIUM" }),
  "consumer.assignment.interval.ms": int(1000, { check: atLeast(0), importance: "MEDIUM" }),
  "share.session.timeout.ms": int(45000, { check: atLeast(1), importance: "MEDIUM" }),
  "share.heartbeat.interval.ms": int(5000, { check: atLeast(1), importance: "MEDIUM" }),
  "share.record.lock.duration.ms": int(30000, { check: atLeast(1000), importance: "MEDIUM" }),
  "share.delivery.count.limit": int(5, { check: atLeast(2), importance: "MEDIUM" }),
  "share.partition.max.record.locks": int(2000, { check: atLeast(100), importance: "MEDIUM" }),
  "share.auto.offset.reset": string("latest", { check: shareOffsetReset, importance: "MEDIUM" }),
  "share.isolation.level": string("read_uncommitted", {
    check: oneOf("read_committed", "read_uncommitted"),
    importance: "MEDIUM",
  }),
  "share.renew.acknowledge.enable": boolean(true, { importance: "MEDIUM" }),
  "share.assignment.interval.ms": int(1000, { check: atLeast(0), importance: "MEDIUM" }),
  "streams.session.timeout.ms": int(45000, { check: atLeast(1), importance: "MEDIUM" }),
  "streams.heartbeat.interval.ms": int(5000, { check: atLeast(1), importance: "MEDIUM" }),
  "streams.num.standby.replicas": int(0, { check: atLeast(0), importance: "MEDIUM" }),
  "streams.initial.rebalance.delay.ms": int(3000, { check: atLeast(0), importance: "MEDIUM" }),
  "streams.assignment.interval.ms": int(1000, { check: atLeast(0), importance: "MEDIUM" }),
} as const satisfies Record<string, ConfigKey>;
