import { type NodeId } from "../base/brand.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { ConfigError } from "../config/config-key.ts";
import { type BrokerLayers, effectiveBrokerConfig } from "../config/describe.ts";
import { usableDynamicConfig } from "../config/dynamic-broker-config.ts";
import { TopicConfig } from "../config/topic-config.ts";
import { configResourceTypes, configsOf } from "../metadata/image/configs-image.ts";
import { type MetadataImage } from "../metadata/image/metadata-image.ts";

/** The configuration in force at an image. Parsing all keys is dear, so the last result is kept until an override changes. */
export class EffectiveConfig {
  readonly #statics: BrokerConfig;
  readonly #nodeName: string;
  /** The overrides that `#layers` and `#broker` were made from. */
  #overrides: readonly [ofNode: ReadonlyMap<string, string>, ofAll: ReadonlyMap<string, string>] | undefined;
  #layers: BrokerLayers;
  #broker: BrokerConfig;

  constructor(statics: BrokerConfig, nodeId: NodeId) {
    this.#statics = statics;
    this.#nodeName = String(nodeId);
    this.#layers = { statics, dynamic: new Map(), dynamicDefault: new Map() };
    this.#broker = statics;
  }

  /** The node's configuration by origin. */
  layers({ configs }: MetadataImage): BrokerLayers {
    const ofNode = configsOf(configs, configResourceTypes.broker, this.#nodeName);
    const ofAll = configsOf(configs, configResourceTypes.broker, "");
    if (ofNode !== this.#overrides?.[0] || ofAll !== this.#overrides[1]) {
      this.#overrides = [ofNode, ofAll];
      const [dynamic, dynamicDefault] = [usableDynamicConfig(ofNode, true), usableDynamicConfig(ofAll, false)];
      this.#layers = { statics: this.#statics, dynamic, dynamicDefault };
      this.#broker = this.#effective();
    }
    return this.#layers;
  }

  /** What was altered may not go together with what the node was started with this time: then the last one holds. */
  #effective(): BrokerConfig {
    try {
      return effectiveBrokerConfig(this.#layers);
    } catch (error) {
      if (error instanceof ConfigError) return this.#broker;
      throw error;
    }
  }

  broker(image: MetadataImage): BrokerConfig {
    this.layers(image);
    return this.#broker;
  }

  topic(image: MetadataImage, topicName: string): TopicConfig {
    const overrides = configsOf(image.configs, configResourceTypes.topic, topicName);
    return new TopicConfig(overrides, this.broker(image));
  }
}
