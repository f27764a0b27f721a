import { cleanerConfigFrom } from "../log/cleaner/cleaner-config.ts";
import { type GroupCoordinator } from "../coordinator/group/group-coordinator.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import { type ProducerSettings } from "../log/producers/producer-state.ts";
import { type DynamicSetting } from "./dynamic-settings.ts";
import { quotasFrom } from "./socket-server-options.ts";
import { type SocketServer } from "./socket-server.ts";

export interface SettingsTableDeps {
  /** Undefined until the listeners are bound. */
  readonly sockets: () => Pick<SocketServer, "updateQuotas"> | undefined;
  readonly logManager: Pick<LogManager, "cleaner" | "producerIdExpirationMs">;
  readonly producerSettings: ProducerSettings;
  readonly groups: Pick<GroupCoordinator, "reconfigure">;
}

/** What follows the broker's configuration while it runs, beside the defaults of topics. */
export function settingsTable({ sockets, logManager, producerSettings, groups }: SettingsTableDeps): DynamicSetting[] {
  return [
    {
      keys: [
        "max.connections",
        "max.connections.per.ip",
        "max.connections.per.ip.overrides",
        "max.connection.creation.rate",
      ],
      isPerListener: true,
      apply: (config) => sockets()?.updateQuotas(quotasFrom(config)),
    },
    {
      keys: [
        "log.cleaner.threads",
        "log.cleaner.backoff.ms",
        "log.cleaner.dedupe.buffer.size",
        "log.cleaner.io.buffer.load.factor",
        "log.cleaner.io.buffer.size",
        "log.cleaner.io.max.bytes.per.second",
      ],
      apply: (config) => logManager.cleaner?.reconfigure(cleanerConfigFrom(config)),
    },
    {
      keys: ["producer.id.expiration.ms"],
      apply: (config) => (logManager.producerIdExpirationMs = config.get("producer.id.expiration.ms")),
    },
    {
      keys: ["transaction.partition.verification.enable"],
      apply: (config) => {
        producerSettings.verifiesTransactions = config.get("transaction.partition.verification.enable");
      },
    },
    {
      keys: ["group.consumer.assignment.interval.ms"],
      apply: (config) => groups.reconfigure(config.get("group.consumer.assignment.interval.ms")),
    },
  ];
}
