import {
  consumerOffsetsTopic,
  shareGroupStateTopic,
  topicNameProblem,
  transactionStateTopic,
} from "../base/topic-name.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { type Controller } from "../controller/controller.ts";
import { type Logger } from "../io/ports.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { errorName, Errors, type ErrorCode } from "../protocol/errors.ts";

type NewTopic = ApiRequest<"createTopics">["topics"][number];
type TopicResult = NonNullable<ApiResponse<"createTopics">["topics"]>[number];

/** What a client that asked for a missing topic is told: the topic is on its way, or its name is no name. */
export type CreationError = typeof Errors.UNKNOWN_TOPIC_OR_PARTITION | typeof Errors.INVALID_TOPIC_EXCEPTION;

/**
 * Creates topics that clients or coordinators ask for and that are not there. Nothing waits for it: the client is told
 * that the topic is unknown, which it tries again, and finds it then.
 */
export class AutoTopicCreation {
  readonly #controller: Pick<Controller, "createTopics">;
  readonly #config: BrokerConfig;
  readonly #logger: Logger;
  /** Asked of the controller and not answered: not asked again meanwhile. */
  readonly #inFlight = new Set<string>();

  constructor(controller: Pick<Controller, "createTopics">, config: BrokerConfig, logger: Logger) {
    this.#controller = controller;
    this.#config = config;
    this.#logger = logger;
  }

  /** Asks the controller for the topics, and says for each what to tell the client meanwhile. */
  create(names: Iterable<string>, principal: string): Map<string, CreationError> {
    const errors = new Map<string, CreationError>();
    const topics: NewTopic[] = [];
    for (const name of names) {
      const isValid = topicNameProblem(name) === undefined;
      errors.set(name, isValid ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.INVALID_TOPIC_EXCEPTION);
      if (!isValid || this.#inFlight.has(name)) continue;
      this.#inFlight.add(name);
      topics.push(this.#topic(name));
    }
    if (topics.length > 0) void this.#request(topics, principal);
    return errors;
  }

  async #request(topics: NewTopic[], principal: string): Promise<void> {
    try {
      const timeoutMs = this.#config.get("request.timeout.ms");
      const { topics: results } = await this.#controller.createTopics(
        { topics, timeoutMs, validateOnly: false },
        { principal },
      );
      for (const result of results ?? []) this.#logFailure(result as TopicResult);
    } catch (error) {
      this.#logger.error({ error, topics: topics.map(({ name }) => name) }, "Auto topic creation failed");
    } finally {
      for (const { name } of topics) this.#inFlight.delete(name);
    }
  }

  #logFailure({ name, errorCode, errorMessage }: Partial<TopicResult>): void {
    // Another request may have created it first.
    if (errorCode === undefined || errorCode === Errors.NONE || errorCode === Errors.TOPIC_ALREADY_EXISTS) return;
    this.#logger.warn(
      { topic: name, error: errorName(errorCode as ErrorCode), message: errorMessage },
      "Auto topic creation failed",
    );
  }

  #topic(name: string): NewTopic {
    const config = this.#config;
    switch (name) {
      case consumerOffsetsTopic:
        return newTopic(
          name,
          config.get("offsets.topic.num.partitions"),
          config.get("offsets.topic.replication.factor"),
          {
            "cleanup.policy": "compact",
            "compression.type": "producer",
            "segment.bytes": config.get("offsets.topic.segment.bytes"),
          },
        );
      case transactionStateTopic:
        return newTopic(
          name,
          config.get("transaction.state.log.num.partitions"),
          config.get("transaction.state.log.replication.factor"),
          {
            "unclean.leader.election.enable": false,
            "compression.type": "uncompressed",
            "cleanup.policy": "compact",
            "min.insync.replicas": config.get("transaction.state.log.min.isr"),
            "segment.bytes": config.get("transaction.state.log.segment.bytes"),
          },
        );
      case shareGroupStateTopic:
        return newTopic(
          name,
          config.get("share.coordinator.state.topic.num.partitions"),
          config.get("share.coordinator.state.topic.replication.factor"),
          {
            "cleanup.policy": "delete",
            "compression.type": "producer",
            "min.insync.replicas": config.get("share.coordinator.state.topic.min.isr"),
            "segment.bytes": config.get("share.coordinator.state.topic.segment.bytes"),
            "retention.ms": -1,
          },
        );
      default:
        // -1 leaves the choice to the controller's own configuration, unless this broker was told something.
        return newTopic(
          name,
          config.originals.has("num.partitions") ? config.get("num.partitions") : -1,
          config.originals.has("default.replication.factor") ? config.get("default.replication.factor") : -1,
          {},
        );
    }
  }
}

function newTopic(
  name: string,
  numPartitions: number,
  replicationFactor: number,
  configs: { readonly [key: string]: string | number | boolean },
): NewTopic {
  return {
    name,
    numPartitions,
    replicationFactor,
    assignments: [],
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value: String(value) })),
  };
}
