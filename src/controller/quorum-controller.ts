import { type LeaderEpoch, type NodeId, type Offset, type Uuid } from "../base/brand.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { nextTurn } from "../io/next-turn.ts";
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
import { brokerHeartbeat, fenceBroker } from "./broker-heartbeat.ts";
import { registerBroker, registerController } from "./broker-registration.ts";
import { BrokerSessions } from "./broker-sessions.ts";
import { type Controller, type ControllerRequestContext, type ProducerIdBlock } from "./controller.ts";
import { type ControllerSettings, type ControllerView } from "./controller-view.ts";
import { createPartitions } from "./create-partitions.ts";
import { createTopics } from "./create-topics.ts";
import { DeferredReplies } from "./deferred-replies.ts";
import { deleteTopics } from "./delete-topics.ts";
import { EffectiveConfig } from "./effective-config.ts";
import { NewBatch } from "./new-batch.ts";
import { notController } from "./not-controller.ts";
import { alterPartitionReassignments, listPartitionReassignments } from "./partition-reassignments.ts";
import { allocateProducerIds } from "./producer-ids.ts";
import { type ControllerResult } from "./result.ts";
import { updateFeatures } from "./update-features.ts";

/** The log that the controller writes: raft's driver. */
export interface ControllerLog {
  /** Offset that the next record will have. */
  readonly endOffset: Offset;
  /** Appends one atomic batch; returns its last offset, undefined when this node does not lead the epoch any more. */
  append(epoch: LeaderEpoch, values: readonly Buffer[]): Offset | undefined;
}

/** The committed metadata: the loader. */
export interface CommittedMetadata {
  readonly image: MetadataImage;
  readonly transactionStartOffset: Offset;
}

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
 * The active controller of the cluster, or a standby that refuses.
 *
 * ```
 * request ─▶ operation(view) ─▶ records ─▶ log ─▶ replay into the view's image
 *                    └─ response ···· waits ····▶ committed ─▶ published ─▶ reply
 * ```
 * Operations run one after the other, each on the state that the ones before it left, committed or not; so they need not
 * wait for each other's commit, only for the records of a large one to be made. Add it to the loader as its last
 * publisher: a reply goes out after everyone else has seen the change.
 */
export class QuorumController implements Controller, Publisher {
  readonly name = "controller";
  readonly #options: QuorumControllerOptions;
  readonly #settings: ControllerSettings;
  readonly #effectiveConfig: EffectiveConfig;
  readonly #replies = new DeferredReplies();
  readonly #timers = new Set<TimerHandle>();
  #sessions: BrokerSessions;
  #leader: LeaderAndEpoch = { leaderId: -1, epoch: 0 };
  /** The epoch in which this node is active; undefined while it is not. */
  #activeEpoch: LeaderEpoch | undefined;
  /** An operation of which the records are being made. */
  #underWay: Promise<boolean> | undefined;
  /** With everything that was appended. */
  #image: MetadataImage;

  constructor(options: QuorumControllerOptions) {
    const { nodeId, clusterId, config, localIncarnationId } = options;
    this.#options = options;
    this.#settings = { nodeId, clusterId, config, localIncarnationId };
    this.#effectiveConfig = new EffectiveConfig(config, nodeId);
    this.#sessions = new BrokerSessions(config.get("broker.session.timeout.ms"));
    this.#image = options.metadata.image;
  }

  get leader(): LeaderAndEpoch {
    return this.#leader;
  }

  get isActive(): boolean {
    return this.#activeEpoch !== undefined;
  }

  async registerBroker(request: ApiRequest<"brokerRegistration">): Promise<Draft<ApiResponse<"brokerRegistration">>> {
    const registered = await this.#run((view) => {
      const result = registerBroker(view, request);
      const { response } = result;
      if (!(response instanceof ApiError) && response.isNewIncarnation) {
        this.#sessions.begin(request.brokerId, view.nowMs);
      }
      return result;
    }, notControllerError);
    if (registered instanceof ApiError) return { errorCode: registered.code };
    return { errorCode: Errors.NONE, brokerEpoch: registered.brokerEpoch };
  }

  async brokerHeartbeat(request: ApiRequest<"brokerHeartbeat">): Promise<Draft<ApiResponse<"brokerHeartbeat">>> {
    const { brokerId, currentMetadataOffset } = request;
    const reply = await this.#run((view) => {
      const result = brokerHeartbeat(view, request);
      if (!(result.response instanceof ApiError)) {
        this.#sessions.touch(brokerId, view.nowMs, currentMetadataOffset);
        if (result.response.beginsShutdown) {
          this.#sessions.beginShutdown(brokerId, view.nextOffset + result.records.length - 1);
        }
        if (result.response.shouldShutDown) this.#sessions.end(brokerId);
      }
      return result;
    }, notControllerError);
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
    const list = ({ image }: ControllerView) => ({ records: [], response: listPartitionReassignments(image, request) });
    return this.#run<Draft<ApiResponse<"listPartitionReassignments">>>(list, errorFields(notControllerError));
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
    if (!this.isActive) this.#image = image;
    this.#replies.reached(image.provenance.lastContainedOffset);
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
    this.#activeEpoch = epoch;
    this.#image = metadata.image;
    this.#sessions = new BrokerSessions(config.get("broker.session.timeout.ms"));
    const nowMs = clock.monotonicMs();
    for (const broker of this.#image.cluster.brokers.values()) {
      // A broker that was alive gets a full session to find the new controller.
      if (!broker.fenced) this.#sessions.begin(broker.id, nowMs);
    }
    const records = activationRecords(
      this.#image,
      metadata.transactionStartOffset,
      bootstrap,
      config.get("min.insync.replicas"),
    );
    if (records.length > 0) this.#append(records);
    this.#options.logger.info({ epoch, records: records.length }, "active controller");
    this.#every(config.get("metadata.max.idle.interval.ms"), () => this.#append([noOp]));
    this.#every(config.get("broker.session.timeout.ms") / 8, () => this.#fenceSilentBrokers());
  }

  #renounce(): void {
    this.#activeEpoch = undefined;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#image = this.#options.metadata.image;
    this.#replies.abandonAll();
  }

  #view(): ControllerView {
    const { log, random, clock } = this.#options;
    return {
      settings: this.#settings,
      image: this.#image,
      nextOffset: log.endOffset,
      sessions: this.#sessions,
      effectiveConfig: this.#effectiveConfig,
      random,
      nowMs: clock.monotonicMs(),
    };
  }

  /** An answer without records may still rest on some that are not committed, so it waits like the others. */
  async #run<R>(operation: (view: ControllerView) => ControllerResult<R>, refusal: R): Promise<R> {
    while (this.#underWay !== undefined) await this.#underWay.catch(() => undefined);
    const epoch = this.#activeEpoch;
    if (epoch === undefined) return refusal;
    // Nobody else appends from here to the append: the operation decides on the state that its records change.
    const { records, response } = operation(this.#view());
    if (records.length > recordsOfTurn) {
      this.#underWay = this.#appendOverTurns(records).finally(() => (this.#underWay = undefined));
      // Between the write and here the leadership may be lost: who waits for a commit was told of that then.
      if (!(await this.#underWay) || this.#activeEpoch !== epoch) return refusal;
    } else if (records.length > 0 && !this.#append(records)) return refusal;
    const lastOffset = this.#options.log.endOffset - 1;
    if (lastOffset <= this.#options.metadata.image.provenance.lastContainedOffset) return response;
    return this.#replies.add(lastOffset, response, refusal);
  }

  /** False when the leadership is lost. */
  #append(records: readonly MetadataRecordDraft[]): boolean {
    const batch = new NewBatch(this.#image, records);
    batch.advance(records.length);
    return this.#write(batch);
  }

  /** As `#append`, a part in each turn of the event loop. Other operations wait, and see all of it or nothing. */
  async #appendOverTurns(records: readonly MetadataRecordDraft[]): Promise<boolean> {
    const epoch = this.#activeEpoch;
    const batch = new NewBatch(this.#image, records);
    do {
      await nextTurn(this.#options.timers);
      if (this.#activeEpoch !== epoch) return false;
    } while (!batch.advance(recordsOfTurn));
    return this.#write(batch);
  }

  #write(batch: NewBatch): boolean {
    if (this.#activeEpoch === undefined) return false;
    const epoch = this.#activeEpoch;
    const lastOffset = this.#options.log.append(epoch, batch.values);
    if (lastOffset === undefined) return false;
    this.#image = batch.apply({
      lastContainedOffset: lastOffset,
      lastContainedEpoch: epoch,
      lastContainedLogTimeMs: -1,
      isOffsetBatchAligned: true,
    });
    return true;
  }

  #fenceSilentBrokers(): void {
    const view = this.#view();
    for (const broker of this.#image.cluster.brokers.values()) {
      // The broker in this process is as alive as its controller.
      if (broker.fenced || broker.incarnationId === this.#settings.localIncarnationId) continue;
      if (this.#sessions.isValid(broker.id, view.nowMs)) continue;
      this.#options.logger.warn({ broker: broker.id }, "fencing a broker that stopped sending heartbeats");
      this.#append(fenceBroker({ ...view, image: this.#image }, broker));
    }
  }

  /** Runs `task` again and again while this node is active; 0 switches it off. */
  #every(intervalMs: number, task: () => void): void {
    if (intervalMs <= 0) return;
    const timer = this.#options.timers.after(intervalMs, () => {
      this.#timers.delete(timer);
      if (!this.isActive) return;
      // An operation that is under way goes first; there is a next time.
      if (this.#underWay === undefined) task();
      this.#every(intervalMs, task);
    });
    this.#timers.add(timer);
  }
}

/** An operation with more records takes several turns of the event loop. */
const recordsOfTurn = 500;
const noOp: MetadataRecordDraft = { type: "noOp", version: 0, data: {} };
const notControllerError = new ApiError(Errors.NOT_CONTROLLER, "This is not the correct controller for this cluster.");
