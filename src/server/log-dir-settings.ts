import { type BrokerConfig } from "../config/broker-config.ts";
import { configResourceTypes, configsOf } from "../metadata/image/configs-image.ts";
import { type MetadataCache } from "./metadata-cache.ts";
import { type TopicConfigs } from "./topic-configs.ts";

const moveRateKey = "replica.alter.log.dirs.io.max.bytes.per.second";

/** What an operator sets about log directories while the broker runs. */
export class LogDirSettings {
  readonly #config: BrokerConfig;
  readonly #cache: MetadataCache;
  readonly #topicConfigs: TopicConfigs;

  constructor(config: BrokerConfig, cache: MetadataCache, topicConfigs: TopicConfigs) {
    this.#config = config;
    this.#cache = cache;
    this.#topicConfigs = topicConfigs;
  }

  /** `cordoned.log.dirs`: those that get no new replicas; "*" means all. */
  get cordoned(): readonly string[] {
    const { logDirs } = this.#config;
    const named = this.#topicConfigs.broker.get("cordoned.log.dirs");
    return named.includes("*") ? logDirs : logDirs.filter((path) => named.includes(path));
  }

  /** How fast replicas move between directories. Kafka knows it as a dynamic configuration alone, without a default. */
  get moveBytesPerSecond(): number {
    const { configs } = this.#cache.image;
    const { broker } = configResourceTypes;
    const own = configsOf(configs, broker, String(this.#config.nodeId)).get(moveRateKey);
    const value = Number(own ?? configsOf(configs, broker, "").get(moveRateKey) ?? Infinity);
    return value > 0 ? value : Infinity;
  }
}
