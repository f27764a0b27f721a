import { type NodeId } from "../base/brand.ts";
import { isReservedDirectoryId } from "../metadata/directory-id.ts";
import { metadataVersionFeature } from "../metadata/features/feature-names.ts";
import { metadataVersionWith, registerBrokerRecordVersion } from "../metadata/features/metadata-version.ts";
import { type BrokerRegistration } from "../metadata/image/cluster-image.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { type ApiRequest } from "../protocol/apis.ts";
import { Errors } from "../protocol/errors.ts";
import { ApiError } from "./api-error.ts";
import { type ControllerView, hasEligibleLeaderReplicas, metadataVersionOf } from "./controller-view.ts";
import { leadershipRecords } from "./leadership.ts";
import { type ControllerResult, type Deciding } from "./result.ts";

type Request = ApiRequest<"brokerRegistration">;

export interface Registered {
  readonly brokerEpoch: number;
  /** Not the same process as before: its session begins anew. */
  readonly isNewIncarnation: boolean;
}

/**
 * A broker announces itself. Its epoch is the offset at which the registration is written, so that each life of the broker has
 * its own. What an earlier life left behind is cleaned up in the same batch; the new one starts fenced.
 */
export function* registerBroker(view: ControllerView, request: Request): Deciding<Registered | ApiError> {
  const { image } = view;
  const existing = image.cluster.brokers.get(request.brokerId);
  const problem =
    identityProblem(view, request, existing) ?? directoryProblem(view, request) ?? featureProblem(view, request);
  if (problem !== undefined) return { records: [], response: problem };

  const isNewIncarnation = existing?.incarnationId !== request.incarnationId;
  const brokerEpoch = isNewIncarnation ? view.nextOffset : existing.epoch;
  const metadataVersion = metadataVersionOf(image);
  const record: MetadataRecordDraft = {
    type: "registerBroker",
    version: registerBrokerRecordVersion(metadataVersion),
    data: {
      brokerId: request.brokerId,
      incarnationId: request.incarnationId,
      brokerEpoch,
      endPoints: request.listeners,
      features: request.features,
      rack: request.rack,
      fenced: isNewIncarnation ? true : existing.fenced,
      inControlledShutdown: isNewIncarnation ? false : existing.inControlledShutdown,
      logDirs: metadataVersion >= metadataVersionWith.directoryAssignment ? request.logDirs : [],
    },
  };
  const cleanup = isNewIncarnation ? yield* previousLifeRecords(view, request, existing) : [];
  return { records: [...cleanup, record], response: { brokerEpoch, isNewIncarnation } };
}

/** The earlier life leads nothing any more; after an unclean end it is not trusted to have everything either. */
function previousLifeRecords(
  view: ControllerView,
  { brokerId, previousBrokerEpoch }: Request,
  existing: BrokerRegistration | undefined,
): Generator<void, MetadataRecordDraft[]> {
  const isClean = existing !== undefined && existing.epoch === previousBrokerEpoch;
  if (isClean || !hasEligibleLeaderReplicas(view.image)) {
    return leadershipRecords(view, { remove: brokerId }, ({ isr }) => isr.includes(brokerId));
  }
  return leadershipRecords(
    view,
    { unclean: brokerId },
    ({ isr, elr }) => isr.includes(brokerId) || elr.includes(brokerId),
  );
}

function identityProblem(
  { settings, sessions, nowMs }: ControllerView,
  request: Request,
  existing: BrokerRegistration | undefined,
): ApiError | undefined {
  if (request.clusterId !== settings.clusterId) {
    return new ApiError(
      Errors.INCONSISTENT_CLUSTER_ID,
      `Expected cluster ID ${settings.clusterId}, but got cluster ID ${request.clusterId}`,
    );
  }
  const isOther = existing !== undefined && existing.incarnationId !== request.incarnationId;
  const isKnownDead = request.incarnationId === settings.localIncarnationId;
  if (isOther && !isKnownDead && sessions.isValid(request.brokerId, nowMs)) {
    return new ApiError(
      Errors.DUPLICATE_BROKER_REGISTRATION,
      "Another broker is registered with that broker id. If the broker was recently restarted this should self-resolve once the heartbeat manager expires the broker's session.",
    );
  }
  if (request.isMigratingZkBroker) {
    return new ApiError(Errors.BROKER_ID_NOT_REGISTERED, "Controller does not support registering ZK brokers.");
  }
  return undefined;
}

function directoryProblem({ image }: ControllerView, { brokerId, logDirs }: Request): ApiError | undefined {
  if (metadataVersionOf(image) < metadataVersionWith.directoryAssignment) return undefined;
  const invalid = (message: string) => new ApiError(Errors.INVALID_REGISTRATION, message);
  if (logDirs.length === 0) return invalid("No directories specified in request");
  if (logDirs.some(isReservedDirectoryId)) return invalid("Reserved directory ID in request");
  if (new Set(logDirs).size !== logDirs.length) return invalid("Duplicate directory ID in request");
  for (const other of image.cluster.brokers.values()) {
    const taken = other.id === brokerId ? undefined : logDirs.find((id) => other.directories.includes(id));
    if (taken !== undefined) return invalid(`Broker ${other.id} is already registered with directory ${taken}`);
  }
  return undefined;
}

/** The broker must be able to work at every finalised level. */
function featureProblem({ image }: ControllerView, { features }: Request): ApiError | undefined {
  if (!features.some(({ name }) => name === metadataVersionFeature)) {
    return new ApiError(Errors.INVALID_REGISTRATION, `Request features do not contain '${metadataVersionFeature}'`);
  }
  const finalized = new Map(image.features.finalizedLevels).set(metadataVersionFeature, metadataVersionOf(image));
  for (const [name, level] of finalized) {
    const range = features.find((feature) => feature.name === name) ?? {
      minSupportedVersion: 0,
      maxSupportedVersion: 0,
    };
    const { minSupportedVersion: min, maxSupportedVersion: max } = range;
    if (level >= min && level <= max) continue;
    return new ApiError(
      Errors.UNSUPPORTED_VERSION,
      `Unable to register because the broker does not support finalized version ${level} of ${name}. The broker wants a version between ${min} and ${max}, inclusive.`,
    );
  }
  return undefined;
}

export function registerController(request: ApiRequest<"controllerRegistration">): ControllerResult<undefined> {
  const { controllerId, incarnationId, listeners, features } = request;
  const data = { controllerId: controllerId as NodeId, incarnationId, endPoints: listeners, features };
  return { records: [{ type: "registerController", version: 0, data }], response: undefined };
}
