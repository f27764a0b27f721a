import { errorName, Errors } from "../../../protocol/errors.ts";
import { type Cluster } from "../cluster.ts";
import { KafkaError } from "../kafka-error.ts";

const internals = "org.apache.kafka.clients.consumer.internals";
const unsupported =
  "The cluster does not support the new CONSUMER group protocol. Set group.protocol=classic on the consumer configs to revert to the CLASSIC protocol until the cluster is upgraded.";

/** Logs that a membership has ended for good, as Kafka's consumer does; returns what the consumption fails with. */
export function fatalError({ options }: Cluster, member: { memberId: string; epoch: number }, error: Error): Error {
  if (!(error instanceof KafkaError)) return error;
  const { log, logPrefix } = options;
  const isUnsupported = error.code === Errors.UNSUPPORTED_VERSION;
  const why = isUnsupported
    ? `unsupported version response on broker side: ${unsupported}`
    : `${errorName(error.code)}: ${error.message}`;
  log.error(
    `${internals}.ConsumerHeartbeatRequestManager`,
    `${logPrefix} ConsumerGroupHeartbeatRequest failed due to ${why}`,
  );
  log.error(
    `${internals}.ConsumerMembershipManager`,
    `${logPrefix} Member ${member.memberId} with epoch ${member.epoch} transitioned to fatal state`,
  );
  return isUnsupported ? new KafkaError(error.code, unsupported) : error;
}
