import { type NodeId, type Uuid } from "../base/brand.ts";
import { directoryIds } from "../metadata/directory-id.ts";
import { endpointOf, type BrokerRegistration } from "../metadata/image/cluster-image.ts";
import { emptyImage, type MetadataImage } from "../metadata/image/metadata-image.ts";
import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { type TopicImage } from "../metadata/image/topics-image.ts";
import { type MetadataDelta } from "../metadata/delta/metadata-delta.ts";
import { type Publisher } from "../metadata/publisher.ts";

/** A broker as clients of one listener reach it. */
export interface BrokerNode {
  readonly id: NodeId;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  readonly fenced: boolean;
}

/**
 * The newest published metadata, with the questions that handlers ask. A handler that asks more than one takes `image`
 * once and works on that, since the next turn of the loop may bring another.
 */
export class MetadataCache implements Publisher {
  readonly name = "MetadataCache";
  #image: MetadataImage = emptyImage;

  publish(_delta: MetadataDelta, image: MetadataImage): void {
    this.#image = image;
  }

  get image(): MetadataImage {
    return this.#image;
  }

  topic(name: string): TopicImage | undefined {
    return this.#image.topics.byName.get(name);
  }

  topicById(id: Uuid): TopicImage | undefined {
    return this.#image.topics.byId.get(id);
  }

  partition(topic: string, partition: number): PartitionRegistration | undefined {
    return this.topic(topic)?.partitions[partition];
  }

  /** Registered brokers that serve the listener, fenced ones too, by id. */
  nodes(listenerName: string): BrokerNode[] {
    return nodesOf(this.#image, listenerName);
  }

  /** Where clients of `listenerName` find the broker; undefined when it is fenced, unknown, or has no such listener. */
  aliveNode(id: NodeId, listenerName: string): BrokerNode | undefined {
    const registration = this.#image.cluster.brokers.get(id);
    return registration === undefined || registration.fenced ? undefined : nodeOf(registration, listenerName);
  }
}

/** Registered brokers that serve the listener, fenced ones too, by id. */
export function nodesOf(image: MetadataImage, listenerName: string): BrokerNode[] {
  const nodes: BrokerNode[] = [];
  for (const registration of image.cluster.brokers.values()) {
    const node = nodeOf(registration, listenerName);
    if (node !== undefined) nodes.push(node);
  }
  return nodes.sort((one, other) => one.id - other.id);
}

function nodeOf(registration: BrokerRegistration, listenerName: string): BrokerNode | undefined {
  const endpoint = endpointOf(registration, listenerName);
  if (endpoint === undefined) return undefined;
  const { id, rack, fenced } = registration;
  return { id, host: endpoint.host, port: endpoint.port, rack, fenced };
}

/**
 * Any broker that is not fenced: what clients are told is the controller, since brokers forward what the real one must do;
 * -1 when there is none. `draw` is a random number in [0, 1).
 */
export function anyAliveBroker(image: MetadataImage, draw: number): NodeId {
  const alive = [...image.cluster.brokers.values()].filter((registration) => !registration.fenced);
  return alive[Math.floor(draw * alive.length)]?.id ?? -1;
}

/** Whether the broker is there, not fenced, and serves the listener. */
export function isReachable(image: MetadataImage, id: NodeId, listenerName: string): boolean {
  const registration = image.cluster.brokers.get(id);
  return registration !== undefined && !registration.fenced && endpointOf(registration, listenerName) !== undefined;
}

/** The replicas that clients of the listener cannot read from: broker gone, fenced, or its log directory failed. */
export function offlineReplicas(
  image: MetadataImage,
  partition: PartitionRegistration,
  listenerName: string,
): NodeId[] {
  return partition.replicas.filter((id, index) => {
    const registration = image.cluster.brokers.get(id);
    if (registration === undefined || registration.fenced) return true;
    return (
      endpointOf(registration, listenerName) === undefined || !isOnline(registration, partition.directories[index])
    );
  });
}

function isOnline(registration: BrokerRegistration, directory: Uuid | undefined): boolean {
  if (directory === directoryIds.lost) return false;
  if (directory === undefined || directory === directoryIds.unassigned || directory === directoryIds.migrating) {
    return true;
  }
  // A broker from before directories were tracked registered none.
  return registration.directories.length === 0 || registration.directories.includes(directory);
}
