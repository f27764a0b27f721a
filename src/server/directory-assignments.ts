import { type NodeId, type Uuid } from "../base/brand.ts";
import { type Controller } from "../controller/controller.ts";
import { Backoff } from "../io/backoff.ts";
import { type Logger, type Random, type Timers } from "../io/ports.ts";
import { type MetadataImage } from "../metadata/image/metadata-image.ts";
import { type ApiRequest } from "../protocol/apis.ts";
import { errorName, Errors } from "../protocol/errors.ts";

export interface DirectoryAssignmentsOptions {
  readonly nodeId: NodeId;
  readonly controller: Pick<Controller, "assignReplicasToDirs">;
  /** -1 while the broker is not registered. */
  readonly brokerEpoch: () => number;
  readonly image: () => MetadataImage;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
}

interface Assignment {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly directoryId: Uuid;
  readonly onAccepted: () => void;
}

/** Kafka's limit for one request. */
const assignmentsPerRequestMax = 2_250;
const unregisteredMs = 100;
/** Kafka's, too. */
const backoff = { minMs: 200, maxMs: 10_000, jitter: 0.02 };

/**
 * Tells the controller in which log directory each replica of this broker is (KIP-858), many in one request and until it has
 * taken them. The newest word on a partition counts; one that is deleted meanwhile is forgotten.
 */
export class DirectoryAssignments {
  readonly #options: DirectoryAssignmentsOptions;
  readonly #backoff: Backoff;
  readonly #ready = new Map<string, Assignment>();
  #isScheduled = false;
  #failureCount = 0;
  #isClosed = false;

  constructor(options: DirectoryAssignmentsOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random, backoff.minMs, backoff.maxMs, backoff.jitter);
  }

  assign(topicId: Uuid, partition: number, directoryId: Uuid, onAccepted: () => void): void {
    this.#ready.set(`${topicId}:${partition}`, { topicId, partition, directoryId, onAccepted });
    this.#schedule();
  }

  /** How many the controller has not taken yet, without those that it is looking at. */
  get pendingCount(): number {
    return this.#ready.size;
  }

  close(): void {
    this.#isClosed = true;
    this.#ready.clear();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed || this.#ready.size === 0) return;
    this.#isScheduled = true;
    const { timers, brokerEpoch } = this.#options;
    const send = (): void => void this.#send().finally(() => this.#done());
    if (this.#failureCount > 0) timers.after(this.#backoff.afterMs(this.#failureCount), send);
    else if (brokerEpoch() < 0) timers.after(unregisteredMs, send);
    else timers.endOfTurn(send);
  }

  #done(): void {
    this.#isScheduled = false;
    this.#schedule();
  }

  async #send(): Promise<void> {
    const { controller, nodeId, brokerEpoch, logger } = this.#options;
    if (this.#isClosed || brokerEpoch() < 0) return;
    const sent = this.#takeValid();
    if (sent.size === 0) return;
    const request = { brokerId: nodeId, brokerEpoch: brokerEpoch(), directories: directoriesOf(sent.values()) };
    const reply = await controller.assignReplicasToDirs(request);
    const errorCode = reply.errorCode ?? Errors.NONE;
    if (errorCode === Errors.NONE) {
      for (const { topics = [] } of reply.directories ?? []) {
        for (const { topicId = "", partitions = [] } of topics) {
          for (const { partitionIndex = -1, errorCode: code } of partitions) {
            if (code === Errors.NONE) this.#accepted(sent, `${topicId}:${partitionIndex}`);
          }
        }
      }
    } else {
      logger.warn({ error: errorName(errorCode), count: sent.size }, "The controller refused directory assignments");
    }
    // What came meanwhile is newer.
    for (const [key, assignment] of sent) if (!this.#ready.has(key)) this.#ready.set(key, assignment);
    this.#failureCount = sent.size > 0 ? this.#failureCount + 1 : 0;
  }

  #accepted(sent: Map<string, Assignment>, key: string): void {
    const assignment = sent.get(key);
    if (assignment === undefined) return;
    sent.delete(key);
    assignment.onAccepted();
  }

  /** The next ones, without those that nobody needs any more. */
  #takeValid(): Map<string, Assignment> {
    const { nodeId, image } = this.#options;
    const { byId } = image().topics;
    const taken = new Map<string, Assignment>();
    for (const [key, assignment] of this.#ready) {
      if (taken.size === assignmentsPerRequestMax) break;
      this.#ready.delete(key);
      const registration = byId.get(assignment.topicId)?.partitions[assignment.partition];
      if (registration?.replicas.includes(nodeId) === true) taken.set(key, assignment);
    }
    return taken;
  }
}

type Directories = ApiRequest<"assignReplicasToDirs">["directories"];

function directoriesOf(assignments: Iterable<Assignment>): Directories {
  const byDirectory = new Map<Uuid, Map<Uuid, number[]>>();
  for (const { directoryId, topicId, partition } of assignments) {
    const topics = byDirectory.get(directoryId) ?? new Map<Uuid, number[]>();
    byDirectory.set(directoryId, topics);
    const partitions = topics.get(topicId) ?? [];
    topics.set(topicId, partitions);
    partitions.push(partition);
  }
  return [...byDirectory].map(([id, topics]) => ({
    id,
    topics: [...topics].map(([topicId, partitions]) => ({
      topicId,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
    })),
  }));
}
