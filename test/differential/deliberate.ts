/**
 * The steps that ours answers in another way than Apache Kafka, and means to: by scenario, the beginning of the step's
 * name and the reason. A step that is answered alike has no place here, and the tests say so. Null records in a Produce
 * request have no step at all: Kafka never answers them, ours says INVALID_RECORD.
 */
export const deliberate: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fetch: {
    "a partition twice": "Kafka keeps the last position; ours answers both.",
    "a partition limit of -1 bytes": "Kafka fails with UNKNOWN_SERVER_ERROR; for ours it is a limit of 0.",
    "an isolation level that is not there": "Kafka fails with UNKNOWN_SERVER_ERROR; ours reads uncommitted.",
  },
  "list-offsets": {
    "latest, isolation 3": "Kafka fails with UNKNOWN_SERVER_ERROR; ours reads uncommitted.",
    "by time, isolation 3": "As above.",
    "largest, isolation 3": "As above.",
    "a partition twice": "Kafka says INVALID_REQUEST once; ours answers each time.",
  },
  "delete-records": {
    "a partition twice": "Kafka keeps the last offset; ours answers both.",
  },
  "transactions-read-committed": {
    "the second is aborted": "Kafka also lists aborted transactions behind the records of the answer.",
    "the beginning of a transaction is gone":
      "Kafka takes the offset of the batch for the last stable one, which lies before the log's start then.",
    "the beginning of a transaction is gone: latest, isolation 1": "As above.",
    "the beginning of a transaction is gone: by time, isolation 0":
      "Kafka looks no further than the first segment with such a time, though its records are deleted.",
  },
  "consumer-group-offsets": {
    "fetched by null in 3": "Kafka fails with UNKNOWN_SERVER_ERROR; for ours nobody is no member.",
  },
  "group-migration-downgrade": {
    "the consumer leaves: written":
      "Kafka hands out the targets; ours leaves to each what it has, until all have joined anew.",
    "the classic one is left, as a classic group": "As above.",
  },
  "storage-odd": {
    "describe without a name": "Kafka fails over a topic without name and id; ours says that the name is invalid.",
  },
  "group-configs": {
    "an operation that there is not": "Kafka fails with UNKNOWN_SERVER_ERROR; ours says what is wrong.",
  },
  metadata: {
    "by the zero id": "Kafka fails over a topic without name and id; ours leaves it out.",
  },
  "dynamic-configs": {
    "listener.security.protocol.map of the broker":
      "Kafka's message is one of Java's substring; ours says what is wrong.",
    "listeners of the broker": "Ours says what is expected.",
    "an unknown listener": "Ours names the listeners that are there.",
    "max.connections.per.ip.overrides of the broker": "Kafka's message is one of Java's substring.",
    "max.connections.per.ip.overrides of all brokers": "As above.",
    "log.cleaner.threads of the broker": "Kafka divides by zero; ours says that there must be a thread.",
    "log.cleaner.threads of all brokers": "As above.",
  },
};
