import { type BrokerConfig } from "../config/broker-config.ts";
import { ConfigError } from "../config/config-key.ts";
import { effectiveBrokerConfig } from "../config/describe.ts";
import { TopicConfig } from "../config/topic-config.ts";
import { type Logger } from "../io/ports.ts";
import { configResourceTypes, configsOf } from "../metadata/image/configs-image.ts";
import { type MetadataDelta } from "../metadata/delta/metadata-delta.ts";
import { type Publisher } from "../metadata/publisher.ts";
import { type MetadataCache } from "./metadata-cache.ts";
import { brokerLayers } from "./broker-layers.ts";

/** The effective configurations of topics, each worked out once and kept until some configuration changes. */
export class TopicConfigs implements Publisher {
  readonly name = "topic configurations";
  readonly #cache: MetadataCache;
  readonly #statics: BrokerConfig;
  readonly #byTopic = new Map<string, TopicConfig>();
  readonly #logger: Logger | undefined;
  #broker: BrokerConfig | undefined;
  /** The last that was sound. */
  #sound: BrokerConfig;

  constructor(cache: MetadataCache, statics: BrokerConfig, logger?: Logger) {
    this.#cache = cache;
    this.#statics = statics;
    this.#logger = logger;
    this.#sound = statics;
  }

  of(topic: string): TopicConfig {
    let config = this.#byTopic.get(topic);
    if (config === undefined) {
      const overrides = configsOf(this.#cache.image.configs, configResourceTypes.topic, topic);
      config = new TopicConfig(overrides, this.broker);
      this.#byTopic.set(topic, config);
    }
    return config;
  }

  /** The broker's configuration with what was altered while it runs. */
  get broker(): BrokerConfig {
    return (this.#broker ??= this.#effective());
  }

  /** What was altered may not go together with what the broker was started with this time. */
  #effective(): BrokerConfig {
    try {
      this.#sound = effectiveBrokerConfig(brokerLayers(this.#cache.image, this.#statics));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#logger?.error({ error }, "The dynamic configuration of this broker could not be applied");
    }
    return this.#sound;
  }

  publish(delta: MetadataDelta): void {
    if (delta.configs === undefined) return;
    this.#byTopic.clear();
    this.#broker = undefined;
  }
}
