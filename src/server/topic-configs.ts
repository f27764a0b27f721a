import { type BrokerConfig } from "../config/broker-config.ts";
import { effectiveBrokerConfig } from "../config/describe.ts";
import { TopicConfig } from "../config/topic-config.ts";
import { configResourceTypes, configsOf } from "../metadata/image/configs-image.ts";
import { type MetadataCache } from "./metadata-cache.ts";
import { brokerLayers } from "./broker-layers.ts";

/** The effective configurations of topics, each worked out once and kept until some configuration changes. */
export class TopicConfigs {
  readonly #cache: MetadataCache;
  readonly #statics: BrokerConfig;
  readonly #byTopic = new Map<string, TopicConfig>();
  #broker: BrokerConfig | undefined;

  constructor(cache: MetadataCache, statics: BrokerConfig) {
    this.#cache = cache;
    this.#statics = statics;
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
    return (this.#broker ??= effectiveBrokerConfig(brokerLayers(this.#cache.image, this.#statics)));
  }

  forget(): void {
    this.#byTopic.clear();
    this.#broker = undefined;
  }
}
