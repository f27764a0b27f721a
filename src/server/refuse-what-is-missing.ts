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

/** Keys that ask for what clients can do without: a node that ignores one serves what it is asked for, and says so. */
const idleKeys: readonly BrokerKeyName[] = [
  "delegation.token.secret.key",
  "metric.reporters",
  "kafka.metrics.reporters",
  "principal.builder.class",
  "replica.selector.class",
];

/** Names of keys that mean something to listeners with TLS or SASL only, `listener.name.<name>.` before them or not. */
const secureListenersKey = /^(listener\.name\.[^.]+\.([\w-]+\.)?)?(ssl|sasl)\./;

/**
 * What this version cannot do must not look as if it were done: better no start than a node that only seems to be one of a
 * cluster, to encrypt, to check who asks, or to keep records elsewhere.
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
  for (const { name, securityProtocol } of config.listeners) {
    if (securityProtocol === "PLAINTEXT") continue;
    throw new StartupError(
      `Listener ${name} of listeners has the security protocol ${securityProtocol}, which Odradek does not serve yet: only PLAINTEXT listeners can be started`,
    );
  }
  if (config.get("remote.log.storage.system.enable")) {
    throw new StartupError(
      'remote.log.storage.system.enable is "true": this version does not serve tiered storage; leave it out',
    );
  }
  for (const name of unservedKeys) {
    const text = givenText(config, name);
    if (text !== "") throw new StartupError(`${name} is "${text}": this version does not serve it; leave it out`);
  }
}

/** What is given, is allowed, and does nothing, one sentence each. */
export function warningsOfWhatIsMissing(config: BrokerConfig): string[] {
  const warnings = idleKeys
    .filter((name) => givenText(config, name) !== "")
    .map((name) => `${name} has no effect: this version does not serve it`);
  const secure = [...config.originals.keys()].filter((name) => secureListenersKey.test(name));
  if (secure.length > 0) {
    warnings.push(
      `Connections are neither encrypted nor authenticated, because no listener has TLS or SASL: ${secure.join(", ")} ${secure.length === 1 ? "has" : "have"} no effect`,
    );
  }
  return warnings;
}

function givenText(config: BrokerConfig, name: BrokerKeyName): string {
  return config.originals.get(name)?.trim() ?? "";
}
