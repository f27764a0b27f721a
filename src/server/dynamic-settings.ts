import { type BrokerConfig, type BrokerKeyName } from "../config/broker-config.ts";
import { type Logger } from "../io/ports.ts";
import { type MetadataDelta } from "../metadata/delta/metadata-delta.ts";
import { configResourceTypes } from "../metadata/image/configs-image.ts";
import { type Publisher } from "../metadata/publisher.ts";

/** Something that follows the broker's configuration while it runs. */
export interface DynamicSetting {
  readonly keys: readonly BrokerKeyName[];
  /** The keys can be set for one listener too: `listener.name.LISTENER.KEY`. */
  readonly isPerListener?: boolean;
  /** Called when one of them has another value than before. */
  readonly apply: (config: BrokerConfig) => void;
}

export interface DynamicSettingsOptions {
  /** What the broker was started with. */
  readonly statics: BrokerConfig;
  /** With what was altered since. */
  readonly effective: () => BrokerConfig;
  readonly settings: readonly DynamicSetting[];
  readonly logger: Logger;
}

/**
 * Tells the parts of the broker when the configuration that they follow has changed. What is not in the table either has
 * no effect beyond the defaults of topics, which are looked up when they are needed, or belongs to threads that this
 * broker does not have: the sizes of Kafka's thread pools (`group.coordinator.threads` too) and of the buffers that its
 * coordinators keep (`group.coordinator.cached.buffer.max.bytes`) are taken, checked and described, and that is all.
 */
export class DynamicSettings implements Publisher {
  readonly name = "dynamic settings";
  readonly #options: DynamicSettingsOptions;
  #current: BrokerConfig;

  constructor(options: DynamicSettingsOptions) {
    this.#options = options;
    this.#current = options.statics;
  }

  publish({ configs }: MetadataDelta): void {
    if (configs === undefined) return;
    const changed = [...configs.changedResources.values()];
    if (!changed.some(({ type }) => type === configResourceTypes.broker)) return;
    const { effective, settings, logger } = this.#options;
    const before = this.#current;
    const now = effective();
    this.#current = now;
    for (const setting of settings) {
      const keys = differing(setting, before, now);
      if (keys.length === 0) continue;
      logger.info({ keys }, "The broker's configuration changed");
      setting.apply(now);
    }
  }
}

function differing({ keys, isPerListener }: DynamicSetting, before: BrokerConfig, now: BrokerConfig): string[] {
  const found: string[] = keys.filter((key) => String(before.get(key)) !== String(now.get(key)));
  if (isPerListener !== true) return found;
  const names = new Set([...before.originals.keys(), ...now.originals.keys()]);
  for (const name of names) {
    const isOne = name.startsWith("listener.name.") && keys.some((key) => name.endsWith(`.${key}`));
    if (isOne && before.originals.get(name) !== now.originals.get(name)) found.push(name);
  }
  return found;
}
