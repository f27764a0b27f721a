import { type TimestampMs } from "../../../base/brand.ts";
import { type Clock } from "../../../io/ports.ts";
import { type Cluster } from "../cluster.ts";
import { AdminCalls } from "./admin-calls.ts";
import { BrokerAdmin } from "./broker-admin.ts";
import { ConfigAdmin } from "./config-admin.ts";
import { GroupAdmin } from "./group-admin.ts";
import { TopicAdmin } from "./topic-admin.ts";
import { TransactionAdmin } from "./transaction-admin.ts";

/** The administrative operations of the scripts, by what they are about. Each retries what may pass. */
export class Admin {
  readonly topics: TopicAdmin;
  readonly configs: ConfigAdmin;
  readonly brokers: BrokerAdmin;
  readonly groups: GroupAdmin;
  readonly transactions: TransactionAdmin;
  readonly #clock: Clock;

  /**
   * @param timeoutMs for each call, with all that it repeats
   * @param ofControllers whether the cluster's addresses are those of controllers
   */
  constructor(cluster: Cluster, timeoutMs: number, ofControllers = false) {
    const calls = new AdminCalls(cluster, timeoutMs);
    this.topics = new TopicAdmin(calls);
    this.configs = new ConfigAdmin(calls, ofControllers);
    this.brokers = new BrokerAdmin(calls, ofControllers);
    this.groups = new GroupAdmin(calls);
    this.transactions = new TransactionAdmin(calls);
    this.#clock = cluster.ports.clock;
  }

  nowMs(): TimestampMs {
    return this.#clock.wallMs();
  }
}
