import { type NodeId, type Offset } from "../base/brand.ts";
import { metadataVersionWith } from "../metadata/features/metadata-version.ts";
import { type BrokerRegistration } from "../metadata/image/cluster-image.ts";
import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { type ApiRequest } from "../protocol/apis.ts";
import { type ApiError } from "./api-error.ts";
import { brokerEpochProblem, isActive } from "./brokers.ts";
import { type ControllerView, metadataVersionOf } from "./controller-view.ts";
import { hasLeaderships, leadershipRecords } from "./leadership.ts";
import { type Deciding } from "./result.ts";

type Request = ApiRequest<"brokerHeartbeat">;

/**
 * ```
 * fenced ──caught up──▶ unfenced ──wants to stop──▶ controlled shutdown ──leads nothing──▶ shutdown now
 *    ▲────────────────────┘ session over, or asked                                   (fenced, may stop)
 * ```
 */
export type BrokerPhase = "fenced" | "unfenced" | "controlledShutdown" | "shutdownNow";

export interface HeartbeatReply {
  readonly phase: BrokerPhase;
  readonly isCaughtUp: boolean;
  readonly isFenced: boolean;
  readonly shouldShutDown: boolean;
  /** The broker enters its controlled shutdown with this heartbeat. */
  readonly beginsShutdown: boolean;
}

export function* brokerHeartbeat(view: ControllerView, request: Request): Deciding<HeartbeatReply | ApiError> {
  const { brokerId, brokerEpoch, currentMetadataOffset } = request;
  const { cluster } = view.image;
  const broker = cluster.brokers.get(brokerId);
  const problem = brokerEpochProblem(cluster, brokerId, brokerEpoch);
  if (problem !== undefined) return { records: [], response: problem };
  // `brokerEpochProblem` has answered for a broker that is not registered.
  const registered = broker as BrokerRegistration;
  const current = phaseOf(registered);
  const phase = nextPhase(view, request, registered, current);
  const records = phase === current ? [] : yield* phaseRecords(view, registered, phase);
  records.push(...(yield* directoryRecords(view, request, registered)));
  return {
    records,
    response: {
      phase,
      isCaughtUp: currentMetadataOffset >= brokerEpoch,
      isFenced: phase === "fenced" || phase === "shutdownNow",
      shouldShutDown: phase === "shutdownNow",
      beginsShutdown: phase === "controlledShutdown" && current !== phase,
    },
  };
}

/** A broker whose session is over leaves every ISR. */
export function* fenceBroker(view: ControllerView, broker: BrokerRegistration): Generator<void, MetadataRecordDraft[]> {
  return [
    ...(yield* leadershipRecords(view, { remove: broker.id }, ({ isr }) => isr.includes(broker.id))),
    registrationChange(broker, 0, { fenced: 1 }),
  ];
}

function phaseOf(broker: BrokerRegistration): BrokerPhase {
  if (broker.fenced) return "fenced";
  return broker.inControlledShutdown ? "controlledShutdown" : "unfenced";
}

function nextPhase(
  view: ControllerView,
  request: Request,
  broker: BrokerRegistration,
  current: BrokerPhase,
): BrokerPhase {
  const { wantFence, wantShutDown, currentMetadataOffset } = request;
  switch (current) {
    case "fenced":
      if (wantShutDown) return "shutdownNow";
      return !wantFence && currentMetadataOffset >= broker.epoch ? "unfenced" : "fenced";
    case "unfenced":
      if (wantFence) return wantShutDown ? "shutdownNow" : "fenced";
      if (!wantShutDown) return "unfenced";
      return hasLeaderships(view, broker.id) ? "controlledShutdown" : "shutdownNow";
    case "controlledShutdown":
      if (hasLeaderships(view, broker.id)) return "controlledShutdown";
      // Everyone else knows by now that this broker leads nothing.
      return view.sessions.shutdownOffset(broker.id) <= lowestActiveOffset(view, broker.id)
        ? "shutdownNow"
        : "controlledShutdown";
    case "shutdownNow":
      return "shutdownNow";
  }
}

function lowestActiveOffset({ image, sessions }: ControllerView, except: NodeId): Offset {
  const active = [...image.cluster.brokers.keys()].filter((id) => id !== except && isActive(image.cluster, id));
  return sessions.lowestOffset(active);
}

function* phaseRecords(
  view: ControllerView,
  broker: BrokerRegistration,
  phase: BrokerPhase,
): Generator<void, MetadataRecordDraft[]> {
  const { id } = broker;
  switch (phase) {
    case "fenced":
    case "shutdownNow":
      return yield* fenceBroker(view, broker);
    case "unfenced":
      return [
        registrationChange(broker, 0, { fenced: -1 }),
        ...(yield* leadershipRecords(view, { add: id }, ({ leader }) => leader < 0)),
      ];
    case "controlledShutdown":
      return [
        registrationChange(broker, 1, { inControlledShutdown: 1 }),
        ...(yield* leadershipRecords(view, { remove: id }, ({ isr }) => isr.includes(id))),
      ];
  }
}

/** Directories that failed take the leaderships of their replicas with them; cordoned ones get no new replicas. */
function* directoryRecords(
  view: ControllerView,
  request: Request,
  broker: BrokerRegistration,
): Generator<void, MetadataRecordDraft[]> {
  const metadataVersion = metadataVersionOf(view.image);
  const records: MetadataRecordDraft[] = [];
  const failed = broker.directories.filter((id) => request.offlineLogDirs.includes(id));
  if (metadataVersion >= metadataVersionWith.directoryAssignment && failed.length > 0) {
    const isThere = ({ replicas, directories }: PartitionRegistration) =>
      failed.includes(directories[replicas.indexOf(broker.id)] ?? "");
    records.push(
      ...(yield* leadershipRecords(view, { remove: broker.id }, isThere)),
      registrationChange(broker, 2, { logDirs: broker.directories.filter((id) => !failed.includes(id)) }),
    );
  }
  const cordoned = request.cordonedLogDirs;
  if (metadataVersion >= metadataVersionWith.cordonedLogDirs && cordoned !== null) {
    const known = broker.cordonedDirectories;
    const isSame = known !== null && known.length === cordoned.length && known.every((id) => cordoned.includes(id));
    if (!isSame) records.push(registrationChange(broker, 3, { cordonedLogDirs: cordoned }));
  }
  return records;
}

type ChangeFields = Partial<
  Pick<
    Extract<MetadataRecordDraft, { type: "brokerRegistrationChange" }>["data"],
    "fenced" | "inControlledShutdown" | "logDirs" | "cordonedLogDirs"
  >
>;

function registrationChange(broker: BrokerRegistration, version: number, fields: ChangeFields): MetadataRecordDraft {
  const data = { brokerId: broker.id, brokerEpoch: broker.epoch, ...fields };
  return { type: "brokerRegistrationChange", version, data };
}
