import { type NodeId, type Uuid } from "../../base/brand.ts";
import { type Disk, type Random } from "../../io/ports.ts";

/** A voter of the first quorum, as `--initial-controllers` gives it: `id@host:port:directoryId`. */
export interface InitialVoter {
  readonly id: NodeId;
  readonly host: string;
  readonly port: number;
  readonly directoryId: Uuid;
}

export interface FormatOptions {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** All log directories and the metadata log directory. */
  readonly directories: readonly string[];
  /** The one that will hold the metadata log; undefined on a node that is no controller. */
  readonly metadataDirectory: string | undefined;
  readonly controllerListenerName: string;
  readonly ignoreFormatted: boolean;
  /** `--release-version`, as "4.3-IV0" or "4.3"; undefined takes the latest. */
  readonly releaseVersion?: string;
  /** `--feature name=level`. */
  readonly featureLevels?: ReadonlyMap<string, number>;
  /** Set for `--standalone` and `--initial-controllers`. */
  readonly initialVoters?: readonly InitialVoter[];
  /** Set for `--standalone`, `--initial-controllers` and `--no-initial-controllers`. */
  readonly hasDynamicQuorum: boolean;
  /** `--add-scram`, each as `SCRAM-SHA-256=[name=alice,password=secret]`. */
  readonly scramArguments?: readonly string[];
}

export interface FormatPorts {
  readonly disk: Disk;
  readonly random: Random;
  readonly nowMs: number;
}

/** What Kafka's `format` prints to standard output, a line each, or the text of its error. */
export type FormatResult =
  | { readonly ok: true; readonly lines: readonly string[] }
  | { readonly ok: false; readonly error: string };

/** Formats the directories as Kafka's `kafka-storage.sh format` does. */
export function formatStorage(options: FormatOptions, ports: FormatPorts): FormatResult {
  throw new Error(`${options.clusterId} ${ports.nowMs}`);
}
