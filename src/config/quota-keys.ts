import { atLeast, type ConfigKey, long, longMax } from "./config-key.ts";

const bound = { check: atLeast(0), importance: "MEDIUM", update: "cluster-wide" } as const;

/** Bounds of replication, bytes a second: brokers are told them while they run, and no properties file has them. */
export const quotaKeys = {
  "leader.replication.throttled.rate": long(longMax, bound),
  "follower.replication.throttled.rate": long(longMax, bound),
  "replica.alter.log.dirs.io.max.bytes.per.second": long(longMax, bound),
} as const satisfies Record<string, ConfigKey>;
