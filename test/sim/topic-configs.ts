import { type LogConfig } from "../../src/log/log-config.ts";
import { drawnCompaction, drawnConfig } from "./drawn-configs.ts";
import { type Draw } from "./memory-file.ts";

/** The configurations of topics, by their names: a topic that comes again is as the one before. */
export class TopicConfigs {
  /** Of topics that have none of their own. */
  readonly general: LogConfig;
  readonly #own = new Map<string, LogConfig>();
  /** What they were told to be once may be done to them later. */
  readonly #onceRetained = new Set<string>();
  readonly #onceSmall = new Set<string>();
  readonly #onceCompacted = new Set<string>();

  constructor(names: readonly string[], draw: Draw) {
    const flushMessages = draw(3) === 0 ? 1 : Infinity;
    this.general = { ...drawnConfig(draw), segmentBytes: drawnSegmentBytes(draw), flushMessages };
    for (const name of names) {
      const isCompacted = draw(2) === 0;
      const compaction = drawnCompaction(this.general, draw);
      // How compaction goes about it stays the same, for the verification to know.
      this.#set(name, isCompacted ? compaction : { ...compaction, isCompacted, isDeleted: true });
    }
  }

  of(name: string): LogConfig {
    return this.#own.get(name) ?? this.general;
  }

  /** Retention may take what it has. */
  isRetained(name: string): boolean {
    return this.#onceRetained.has(name);
  }

  /** Batches may be too large for it. */
  isSmall(name: string): boolean {
    return this.#onceSmall.has(name);
  }

  isCompacted(name: string): boolean {
    return this.#onceCompacted.has(name);
  }

  /** Changes one of the keys; returns its name. */
  change(name: string, draw: Draw): string {
    const names = Object.keys(changes) as (keyof typeof changes)[];
    const key = names[draw(names.length)]!;
    this.#set(name, { ...this.of(name), ...changes[key](draw) });
    return key;
  }

  #set(name: string, config: LogConfig): void {
    this.#own.set(name, config);
    const { isCompacted, isDeleted, retentionBytes, retentionMs, maxMessageBytes } = config;
    if (isCompacted) this.#onceCompacted.add(name);
    if (isDeleted && (retentionBytes >= 0 || retentionMs >= 0)) this.#onceRetained.add(name);
    if (maxMessageBytes < smallBytes) this.#onceSmall.add(name);
  }
}

const smallBytes = 1_000;

function drawnSegmentBytes(draw: Draw): number {
  return 350 + draw(1_200);
}

/** What an operator changes while the topic is in use. */
const changes = {
  "segment.bytes": (draw) => ({ segmentBytes: drawnSegmentBytes(draw) }),
  "cleanup.policy": (draw) => {
    const kind = draw(3);
    return { isCompacted: kind > 0, isDeleted: kind < 2 };
  },
  "retention.bytes": (draw) => ({ retentionBytes: draw(2) === 0 ? -1 : 1_000 + draw(4_000) }),
  "retention.ms": (draw) => ({ retentionMs: draw(2) === 0 ? -1 : 40_000 + draw(100_000) }),
  // Some of what is sent is larger.
  "max.message.bytes": (draw) => ({ maxMessageBytes: draw(2) === 0 ? 1_048_588 : 150 + draw(100) }),
  "message.timestamp.type": (draw) => ({
    messageTimestampType: draw(2) === 0 ? "CreateTime" : "LogAppendTime",
  }),
  "compression.type": (draw) => ({
    compressionType: (["producer", "gzip", "uncompressed"] as const)[draw(3)]!,
  }),
} satisfies Record<string, (draw: Draw) => Partial<LogConfig>>;
