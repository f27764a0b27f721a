import { type ArgumentTable } from "../arguments/argument-table.ts";

const text = { takes: "value" } as const;
const long = { takes: "value", type: "Long" } as const;
const payload = { group: "payload", isGroupRequired: true } as const;

/** The options of kafka-producer-perf-test.sh. */
export const producerPerfArguments = {
  help: { short: "h", takes: "nothing", ends: true },
  "bootstrap-server": text,
  topic: { ...text, isRequired: true },
  "num-records": { ...long, isRequired: true },
  "record-size": { takes: "value", type: "Integer", ...payload },
  "payload-file": { ...text, ...payload },
  "payload-monotonic": { takes: "nothing", ...payload },
  "payload-delimiter": text,
  throughput: { takes: "value", type: "Double", isRequired: true },
  "producer-props": { takes: "list" },
  "command-property": { takes: "list" },
  "producer.config": text,
  "command-config": text,
  "print-metrics": { takes: "nothing" },
  "transactional-id": text,
  "transaction-duration-ms": long,
  "warmup-records": long,
  "reporting-interval": long,
} as const satisfies ArgumentTable;
