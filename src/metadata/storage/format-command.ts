import { randomUuid } from "../../base/uuid.ts";
import { type BrokerConfig } from "../../config/broker-config.ts";
import { type Random } from "../../io/ports.ts";
import { FormatError } from "./format-error.ts";
import { type FormatOptions } from "./formatter.ts";
import { type InitialVoter, parseInitialVoters } from "./initial-voters.ts";

/** The arguments of `kafka-storage.sh format`. */
export interface FormatArguments {
  readonly clusterId: string;
  readonly ignoreFormatted?: boolean;
  readonly releaseVersion?: string | undefined;
  /** Each `name=level`. */
  readonly features?: readonly string[];
  readonly addScram?: readonly string[];
  readonly standalone?: boolean;
  readonly noInitialControllers?: boolean;
  readonly initialControllers?: string | undefined;
}

/**
 * What to format, from the node's configuration and the command's arguments.
 * @throws FormatError when they do not go together, worded as Kafka does
 */
export function formatOptionsFor(config: BrokerConfig, args: FormatArguments, random: Random): FormatOptions {
  const hasDynamicQuorum = config.quorumVoters.length === 0;
  const initialVoters = initialVotersFor(config, args, hasDynamicQuorum, random);
  if (args.noInitialControllers !== true && config.isController && hasDynamicQuorum && initialVoters === undefined) {
    throw new FormatError(
      "Because controller.quorum.voters is not set on this controller, you must specify one of the following: --standalone, --initial-controllers, or --no-initial-controllers.",
    );
  }
  return {
    clusterId: args.clusterId,
    nodeId: config.nodeId,
    directories: logDirectoriesOf(config),
    metadataDirectory: config.metadataLogDir,
    controllerListenerName: config.controllerListenerNames[0] ?? "",
    ignoreFormatted: args.ignoreFormatted === true,
    releaseVersion: args.releaseVersion,
    featureLevels: new Map((args.features ?? []).map(parseNameAndLevel)),
    initialVoters,
    hasDynamicQuorum,
    scramArguments: args.addScram,
  };
}

/** Every directory that a node of this configuration writes to, sorted. */
export function logDirectoriesOf(config: BrokerConfig): string[] {
  return [...new Set([...config.logDirs, config.metadataLogDir])].sort();
}

function initialVotersFor(
  config: BrokerConfig,
  { initialControllers, standalone }: FormatArguments,
  hasDynamicQuorum: boolean,
  random: Random,
): readonly InitialVoter[] | undefined {
  if (!hasDynamicQuorum && (initialControllers !== undefined || standalone === true)) {
    throw new FormatError(
      "You cannot specify controller.quorum.voters and format the node with --initial-controllers or --standalone. If you want to use dynamic quorum, please remove controller.quorum.voters and specify controller.quorum.bootstrap.servers instead.",
    );
  }
  if (initialControllers !== undefined) return parseInitialVoters(initialControllers);
  if (standalone !== true) return undefined;
  if (!config.isController) throw new FormatError("You can only use --standalone on a controller.");
  const listener = config.advertisedControllerListeners[0];
  if (listener === undefined) throw new FormatError("No controller listeners found.");
  const host = listener.host === "" ? "localhost" : listener.host;
  return [{ id: config.nodeId, host, port: listener.port, directoryId: randomUuid(random) }];
}

/** @throws FormatError when the text is not `name=level` */
function parseNameAndLevel(text: string): [string, number] {
  const equals = text.indexOf("=");
  if (equals < 0) throw new FormatError(`Can't parse feature=level string ${text}: equals sign not found.`);
  const level = text.slice(equals + 1).trim();
  if (!/^[+-]?\d{1,5}$/.test(level)) {
    throw new FormatError(`Can't parse feature=level string ${text}: unable to parse ${level} as a short.`);
  }
  return [text.slice(0, equals).trim(), Number(level)];
}
