import { type BrokerConfig } from "../config/broker-config.ts";
import { type BrokerLayers } from "../config/describe.ts";
import { usableDynamicConfig } from "../config/dynamic-broker-config.ts";
import { configResourceTypes, configsOf } from "../metadata/image/configs-image.ts";
import { type MetadataImage } from "../metadata/image/metadata-image.ts";

/** The broker's configuration by origin, as of this image. */
export function brokerLayers(image: MetadataImage, statics: BrokerConfig): BrokerLayers {
  const { broker } = configResourceTypes;
  return {
    statics,
    dynamic: usableDynamicConfig(configsOf(image.configs, broker, String(statics.nodeId)), true),
    dynamicDefault: usableDynamicConfig(configsOf(image.configs, broker, ""), false),
  };
}
