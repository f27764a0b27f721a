import { type BrokerConfig, type BrokerKeyName } from "../config/broker-config.ts";
import { StartupError } from "./startup-error.ts";

/** Keys that name code which guards or decides: to ignore one would leave a door open that its owner thinks is shut. */
const unservedKeys: readonly BrokerKeyName[] = [
  "authorizer.class.name",
  "create.topic.policy.class.name",
  "alter.config.policy.class.name",
  "client.quota.callback.class",
  "config.providers",
  "security.providers",
];

/**
 * What this version cannot do must not look as if it were done: better no start than a node that only seems to be one of a
 * cluster, or to check who asks.
 * @throws StartupError naming the key, its value and what is allowed
 */
export function refuseWhatIsMissing(config: BrokerConfig): void {
  if (!config.isBroker || !config.isController) {
    throw new StartupError(
      `process.roles is "${config.get("process.roles").join(",")}": this version runs broker and controller in one process, process.roles=broker,controller`,
    );
  }
  if (config.quorumVoters.length > 1) {
    throw new StartupError(
      `controller.quorum.voters names ${config.quorumVoters.length} voters: this version runs a quorum of one`,
    );
  }
  for (const name of unservedKeys) {
    const text = config.originals.get(name)?.trim() ?? "";
    if (text !== "") throw new StartupError(`${name} is "${text}": this version does not serve it; leave it out`);
  }
}
