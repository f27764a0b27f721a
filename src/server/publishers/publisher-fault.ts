import { type Logger } from "../../io/ports.ts";

/** What becomes of an error that a publisher of metadata throws: as in Kafka it is said, and the others go on. */
export function publisherFault(logger: Logger): (publisher: string, error: unknown) => void {
  return (publisher, error) => logger.error({ publisher, error }, "a publisher of metadata failed");
}
