import { transactionStateTopic } from "../../base/topic-name.ts";
import { type TransactionCoordinator } from "../../coordinator/transaction/transaction-coordinator.ts";
import { type Logger } from "../../io/ports.ts";
import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type Publisher } from "../../metadata/publisher.ts";
import { CoordinatorElections } from "./coordinator-elections.ts";

export interface TransactionCoordinatorPublisherDeps {
  readonly nodeId: number;
  readonly transactions: TransactionCoordinator;
  /** As in `CoordinatorElections`. */
  readonly isRegistered: (image: MetadataImage) => boolean;
  readonly logger: Logger;
}

/** Tells the transactions which partitions of `__transaction_state` this broker leads. */
export class TransactionCoordinatorPublisher implements Publisher {
  readonly name = "transaction coordinator";
  readonly #elections: CoordinatorElections;

  constructor({ nodeId, transactions, isRegistered, logger }: TransactionCoordinatorPublisherDeps) {
    this.#elections = new CoordinatorElections({
      nodeId,
      coordinatorTopic: transactionStateTopic,
      coordinator: transactions,
      isRegistered,
      watch: (load) => {
        load.catch((error: unknown) => logger.error({ error }, "The transaction coordinator failed"));
      },
    });
  }

  publish(delta: MetadataDelta, image: MetadataImage): void {
    this.#elections.onPublished(delta, image);
  }
}
