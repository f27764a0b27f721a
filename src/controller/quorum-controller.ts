import { type LeaderEpoch, type NodeId, type Uuid } from "../base/brand.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { type Clock, type Logger, type Random, type TimerHandle, type Timers } from "../io/ports.ts";
import { type MetadataDelta } from "../metadata/delta/metadata-delta.ts";
import { type MetadataImage } from "../metadata/image/metadata-image.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { type LeaderAndEpoch, type Publisher } from "../metadata/publisher.ts";
import { type BootstrapMetadata } from "../metadata/storage/bootstrap.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { Errors } from "../protocol/errors.ts";
import { type Draft } from "../protocol/schema.ts";
import { activationRecords } from "./activation.ts";
import { incrementalAlterConfigs, legacyAlterConfigs } from "./alter-configs-requests.ts";
import { ApiError, errorFields } from "./api-error.ts";
import { assignReplicasToDirs } from "./assign-replicas-to-dirs.ts";
import { brokerHeartbeat, fenceBroker, type HeartbeatReply } from "./broker-heartbeat.ts";
import { type Registered, registerBroker, registerController } from "./broker-registration.ts";
import { BrokerSessions } from "./broker-sessions.ts";
import { type Controller, type ControllerRequestContext, type ProducerIdBlock } from "./controller.ts";
import { type ControllerSettings, type ControllerView } from "./controller-view.ts";
import { createPartitions } from "./create-partitions.ts";
import { createTopics } from "./create-topics.ts";
import { deleteTopics } from "./delete-topics.ts";
import { EffectiveConfig } from "./effective-config.ts";
import { notController } from "./not-controller.ts";
import { type CommittedMetadata, type ControllerLog, OperationQueue } from "./operation-queue.ts";
import { alterPartitionReassignments, listPartitionReassignments } from "./partition-reassignments.ts";
import { allocateProducerIds } from "./producer-ids.ts";
import { type Deciding, type Decision } from "./result.ts";
import { updateFeatures } from "./update-features.ts";

export interface QuorumControllerOptions {
  readonly nodeId: NodeId;
  readonly clusterId: string;
  readonly config: BrokerConfig;
  /** Of the broker in this process; undefined on a node that is a controller alone. */
  readonly localIncarnationId: Uuid | undefined;
  readonly bootstrap: BootstrapMetadata;
  readonly log: ControllerLog;
  readonly metadata: CommittedMetadata;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * The active controller of the cluster, or a standby that refuses. Each request is an operation, which decides on the state
 * that it is shown and changes nothing: `operation-queue.ts` does what it decided. Add it to the loader as its last
 * publisher: a reply goes out after everyone else has seen the change.
 */
export class QuorumController implements Controller, Publisher {
  readonly name = "controller";
  readonly #options: QuorumControllerOptions;
  readonly #settings: ControllerSettings;
  readonly #effectiveConfig: EffectiveConfig;
  readonly #queue: OperationQueue;
  readonly #timers = new Set<TimerHandle>();
  #sessions: BrokerSessions;
  #leader: LeaderAndEpoch = { leaderId: -1, epoch: 0 };

  constructor(options: QuorumControllerOptions) {
    const { nodeId, clusterId, config, localIncarnationId } = options;
    this.#options = options;
    this.#settings = { nodeId, clusterId, config, localIncarnationId };
    this.#effectiveConfig = new EffectiveConfig(config, nodeId);
    this.#sessions = new BrokerSessions(config.get("broker.session.timeout.ms"));
    this.#queue = new OperationQueue(options);
  }

  get leader(): LeaderAndEpoch {
    return this.#leader;
  }

  get isActive(): boolean {
    return this.#queue.isActive;
  }

  async registerBroker(request: ApiRequest<"brokerRegistration">): Promise<Draft<ApiResponse<"brokerRegistration">>> {
    const registered = await this.#run((view) => this.#registered(view, request), notControllerError);
    if (registered instanceof ApiError) return { errorCode: registered.code };
    return { errorCode: Errors.NONE, brokerEpoch: registered.brokerEpoch };
  }

  async brokerHeartbeat(request: ApiRequest<"brokerHeartbeat">): Promise<Draft<ApiResponse<"brokerHeartbeat">>> {
    const reply = await this.#run((view) => this.#heard(view, request), notControllerError);
    if (reply instanceof ApiError) return { errorCode: reply.code };
    const { isCaughtUp, isFenced, shouldShutDown } = reply;
    return { errorCode: Errors.NONE, isCaughtUp, isFenced, shouldShutDown };
  }

  async registerController(
    request: ApiRequest<"controllerRegistration">,
  ): Promise<Draft<ApiResponse<"controllerRegistration">>> {
    const problem = await this.#run<ApiError | undefined>(() => registerController(request), notControllerError);
    return { errorCode: problem?.code ?? Errors.NONE, errorMessage: problem?.message ?? null };
  }

  async assignReplicasToDirs(
    request: ApiRequest<"assignReplicasToDirs">,
  ): Promise<Draft<ApiResponse<"assignReplicasToDirs">>> {
    const reply = await this.#run((view) => assignReplicasToDirs(view, request), notControllerError);
    return reply instanceof ApiError ? { errorCode: reply.code } : reply;
  }

  createTopics(
    request: ApiRequest<"createTopics">,
    context: ControllerRequestContext,
  ): Promise<Draft<ApiResponse<"createTopics">>> {
    return this.#run((view) => createTopics(view, request, context), notController.createTopics(request));
  }

  deleteTopics(
    request: ApiRequest<"deleteTopics">,
    context: ControllerRequestContext,
  ): Promise<Draft<ApiResponse<"deleteTopics">>> {
    return this.#run((view) => deleteTopics(view, request, context), notController.deleteTopics(request));
  }

  createPartitions(
    request: ApiRequest<"createPartitions">,
    context: ControllerRequestContext,
  ): Promise<Draft<ApiResponse<"createPartitions">>> {
    return this.#run((view) => createPartitions(view, request, context), notController.createPartitions(request));
  }

  alterPartitionReassignments(
    request: ApiRequest<"alterPartitionReassignments">,
  ): Promise<Draft<ApiResponse<"alterPartitionReassignments">>> {
    return this.#run((view) => alterPartitionReassignments(view, request), errorFields(notControllerError));
  }

  listPartitionReassignments(
    request: ApiRequest<"listPartitionReassignments">,
  ): Promise<Draft<ApiResponse<"listPartitionReassignments">>> {
    return this.#run((view) => listPartitionReassignments(view, request), errorFields(notControllerError));
  }

  alterConfigs(request: ApiRequest<"alterConfigs">): Promise<Draft<ApiResponse<"alterConfigs">>> {
    return this.#run((view) => legacyAlterConfigs(view, request), notController.alterConfigs(request));
  }

  incrementalAlterConfigs(
    request: ApiRequest<"incrementalAlterConfigs">,
  ): Promise<Draft<ApiResponse<"incrementalAlterConfigs">>> {
    return this.#run((view) => incrementalAlterConfigs(view, request), notController.alterConfigs(request));
  }

  updateFeatures(request: ApiRequest<"updateFeatures">): Promise<Draft<ApiResponse<"updateFeatures">>> {
    return this.#run((view) => updateFeatures(view, request), errorFields(notControllerError));
  }

  async allocateProducerIds(brokerId: NodeId, brokerEpoch: number): Promise<ProducerIdBlock> {
    const block = await this.#run((view) => allocateProducerIds(view, brokerId, brokerEpoch), notControllerError);
    return block instanceof ApiError ? { errorCode: block.code, firstProducerId: -1, count: 0 } : block;
  }

  publish(_delta: MetadataDelta, image: MetadataImage): void {
    this.#queue.published(image);
  }

  onControllerChange(leader: LeaderAndEpoch): void {
    this.#leader = leader;
    if (this.isActive) this.#renounce();
    if (leader.leaderId === this.#settings.nodeId) this.#claim(leader.epoch);
  }

  /** Stops the periodic work; what waits for a commit is answered with NOT_CONTROLLER. */
  close(): void {
    if (this.isActive) this.#renounce();
  }

  #claim(epoch: LeaderEpoch): void {
    const { metadata, bootstrap, config, clock } = this.#options;
    this.#queue.begin(epoch);
    const { image } = this.#queue;
    this.#sessions = new BrokerSessions(config.get("broker.session.timeout.ms"));
    const nowMs = clock.monotonicMs();
    for (const broker of image.cluster.brokers.values()) {
      // A broker that was alive gets a full session to find the new controller.
      if (!broker.fenced) this.#sessions.begin(broker.id, nowMs);
    }
    const minInsyncReplicas = config.get("min.insync.replicas");
    const records = activationRecords(image, metadata.transactionStartOffset, bootstrap, minInsyncReplicas);
    if (records.length > 0) this.#queue.append(records);
    this.#options.logger.info({ epoch, records: records.length }, "active controller");
    this.#every(config.get("metadata.max.idle.interval.ms"), () => this.#queue.append([noOp]));
    this.#every(config.get("broker.session.timeout.ms") / 8, () => this.#fenceSilentBrokers());
  }

  #renounce(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#queue.end();
  }

  #view(): ControllerView {
    const { log, random, clock } = this.#options;
    return {
      settings: this.#settings,
      image: this.#queue.image,
      nextOffset: log.endOffset,
      sessions: this.#sessions,
      effectiveConfig: this.#effectiveConfig,
      random,
      nowMs: clock.monotonicMs(),
    };
  }

  #run<R>(operation: (view: ControllerView) => Decision<R>, refusal: R): Promise<R> {
    return this.#queue.run(() => operation(this.#view()), refusal);
  }

  *#registered(view: ControllerView, request: ApiRequest<"brokerRegistration">): Deciding<Registered | ApiError> {
    const result = yield* registerBroker(view, request);
    const { response } = result;
    if (!(response instanceof ApiError) && response.isNewIncarnation) {
      this.#sessions.begin(request.brokerId, view.nowMs);
    }
    return result;
  }

  *#heard(view: ControllerView, request: ApiRequest<"brokerHeartbeat">): Deciding<HeartbeatReply | ApiError> {
    const { brokerId, currentMetadataOffset } = request;
    const result = yield* brokerHeartbeat(view, request);
    if (result.response instanceof ApiError) return result;
    this.#sessions.touch(brokerId, view.nowMs, currentMetadataOffset);
    if (result.response.beginsShutdown) {
      this.#sessions.beginShutdown(brokerId, view.nextOffset + result.records.length - 1);
    }
    if (result.response.shouldShutDown) this.#sessions.end(brokerId);
    return result;
  }

  #fenceSilentBrokers(): void {
    for (const { id } of this.#queue.image.cluster.brokers.values()) {
      void this.#run((view) => this.#fenceIfSilent(view, id), undefined);
    }
  }

  *#fenceIfSilent(view: ControllerView, id: NodeId): Deciding<undefined> {
    const broker = view.image.cluster.brokers.get(id);
    const isSilent =
      broker?.fenced === false &&
      // The broker in this process is as alive as its controller.
      broker.incarnationId !== this.#settings.localIncarnationId &&
      !this.#sessions.isValid(id, view.nowMs);
    if (!isSilent) return { records: [], response: undefined };
    this.#options.logger.warn({ broker: id }, "fencing a broker that stopped sending heartbeats");
    return { records: yield* fenceBroker(view, broker), response: undefined };
  }

  /** Runs `task` again and again while this node is active; 0 switches it off. */
  #every(intervalMs: number, task: () => void): void {
    if (intervalMs <= 0) return;
    const timer = this.#options.timers.after(intervalMs, () => {
      this.#timers.delete(timer);
      if (!this.isActive) return;
      // An operation that is under way goes first; there is a next time.
      if (!this.#queue.isBusy) task();
      this.#every(intervalMs, task);
    });
    this.#timers.add(timer);
  }
}

const noOp: MetadataRecordDraft = { type: "noOp", version: 0, data: {} };
const notControllerError = new ApiError(Errors.NOT_CONTROLLER, "This is not the correct controller for this cluster.");
