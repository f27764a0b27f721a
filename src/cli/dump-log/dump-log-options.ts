import { commonOptions, type OptionTable } from "../options/option-table.ts";
import { type ParsedOptions } from "../options/parse-options.ts";

const stringDecoder = "org.apache.kafka.tools.api.StringDecoder";
const decoderHint =
  "This class should implement org.apache.kafka.tools.api.Decoder trait. Custom jar should be available in kafka/libs directory.";

export const maxBytesDefault = 2_147_483_647;

/** The options of kafka-dump-log.sh. */
export const dumpLogOptions = {
  ...commonOptions,
  "print-data-log": {
    description:
      "If set, printing the messages content when dumping data logs. Automatically set if any decoder option is specified.",
  },
  "verify-index-only": { description: "If set, just verify the index log without printing its content." },
  "index-sanity-check": {
    description:
      "If set, just checks the index sanity without printing its content. This is the same check that is executed on broker startup to determine if an index needs rebuilding or not.",
  },
  files: {
    description: "REQUIRED: The comma separated list of data and index log files to be dumped.",
    argument: "required",
    placeholder: "file1, file2, ...",
  },
  "max-message-size": {
    description: "Size of largest message.",
    argument: "required",
    type: "Integer",
    placeholder: "size",
    default: 5_242_880,
  },
  "max-bytes": {
    description: "Limit the amount of total batches read in bytes avoiding reading the whole .log file(s).",
    argument: "required",
    type: "Integer",
    placeholder: "size",
    default: maxBytesDefault,
  },
  "deep-iteration": {
    description: "If set, uses deep instead of shallow iteration. Automatically set if print-data-log is enabled.",
  },
  "value-decoder-class": {
    description: `If set, used to deserialize the messages. ${decoderHint}`,
    argument: "optional",
    default: stringDecoder,
  },
  "key-decoder-class": {
    description: `If set, used to deserialize the keys. ${decoderHint}`,
    argument: "optional",
    default: stringDecoder,
  },
  "offsets-decoder": {
    description: "If set, log data will be parsed as offset data from the __consumer_offsets topic.",
  },
  "transaction-log-decoder": {
    description: "If set, log data will be parsed as transaction metadata from the __transaction_state topic.",
  },
  "cluster-metadata-decoder": { description: "If set, log data will be parsed as cluster metadata records." },
  "remote-log-metadata-decoder": {
    description:
      "If set, log data will be parsed as TopicBasedRemoteLogMetadataManager (RLMM) metadata records. Instead, the value-decoder-class option can be used if a custom RLMM implementation is configured.",
  },
  "share-group-state-decoder": {
    description: "If set, log data will be parsed as share group state data from the __share_group_state topic.",
  },
  "skip-record-metadata": {
    description: "Skip metadata when printing records. This flag also skips control records.",
  },
} as const satisfies OptionTable;

export type DumpLogOptions = ParsedOptions<typeof dumpLogOptions>;
