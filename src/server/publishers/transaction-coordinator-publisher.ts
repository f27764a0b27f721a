import { transactionStateTopic } from "../../base/topic-name.ts";
import { type TransactionCoordinator } from "../../coordinator/transaction/transaction-coordinator.ts";
import { type Logger } from "../../io/ports.ts";
import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { type Publisher } from "../../metadata/publisher.ts";
import { tellElections } from "./coordinator-elections.ts";

export interface TransactionCoordinatorPublisherDeps {
  readonly nodeId: number;
  readonly transactions: TransactionCoordinator;
  readonly logger: Logger;
}

/** Tells the transactions which partitions of `__transaction_state` this broker leads. */
export class TransactionCoordinatorPublisher implements Publisher {
  readonly name = "transaction coordinator";
  readonly #deps: TransactionCoordinatorPublisherDeps;

  constructor(deps: TransactionCoordinatorPublisherDeps) {
    this.#deps = deps;
  }

  publish(delta: MetadataDelta): void {
    if (delta.topics === undefined) return;
    const { nodeId, transactions, logger } = this.#deps;
    tellElections(transactions, transactionStateTopic, delta.topics, nodeId, (load) => {
      load.catch((error: unknown) => logger.error({ error }, "The transaction coordinator failed"));
    });
  }
}
