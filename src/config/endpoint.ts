import { ConfigError } from "./config-key.ts";

export type SecurityProtocol = "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";

const securityProtocols: ReadonlySet<string> = new Set(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]);

function isSecurityProtocol(text: string): text is SecurityProtocol {
  return securityProtocols.has(text);
}

/** One of `listeners` or `advertised.listeners`: `NAME://host:port`. */
export interface Endpoint {
  /** Upper case. */
  readonly name: string;
  /** Empty: every interface. */
  readonly host: string;
  readonly port: number;
  readonly securityProtocol: SecurityProtocol;
}

const endpointPattern = /^([^:/]+):\/\/(?:\[([0-9a-fA-F:.%]+)\]|([^:/[\]]*)):(-?\d+)$/;

/**
 * @param key the configuration's name, for messages
 * @throws ConfigError for an entry that is no endpoint, has no protocol in `protocols`, or repeats a name or a port
 */
export function parseEndpoints(
  key: string,
  entries: readonly string[],
  protocols: ReadonlyMap<string, SecurityProtocol>,
  portsMayRepeat: boolean,
): Endpoint[] {
  const endpoints = entries.map((entry) => parseEndpoint(key, entry, protocols));
  const seenNames = new Set<string>();
  const seenPorts = new Set<number>();
  for (const { name, port } of endpoints) {
    if (seenNames.has(name)) {
      throw new ConfigError(`Each listener must have a different name, listeners: ${entries.join(",")} (${key})`);
    }
    seenNames.add(name);
    if (!portsMayRepeat && port !== 0 && seenPorts.has(port)) {
      throw new ConfigError(`Each listener must have a different port, listeners: ${entries.join(",")} (${key})`);
    }
    seenPorts.add(port);
  }
  return endpoints;
}

function parseEndpoint(key: string, entry: string, protocols: ReadonlyMap<string, SecurityProtocol>): Endpoint {
  const match = endpointPattern.exec(entry);
  const port = Number(match?.[4]);
  if (match === null || port < 0 || port > 65535) {
    throw new ConfigError(
      `Invalid value ${entry} for configuration ${key}: Unable to parse ${entry} to a broker endpoint; expected NAME://host:port with a port from 0 to 65535`,
    );
  }
  const name = (match[1] ?? "").toUpperCase();
  const securityProtocol = protocols.get(name);
  if (securityProtocol === undefined) {
    throw new ConfigError(
      `No security protocol defined for listener ${name}: name it in listener.security.protocol.map, which has ${[...protocols.keys()].join(", ")}`,
    );
  }
  return { name, host: match[2] ?? match[3] ?? "", port, securityProtocol };
}

/** `listener.security.protocol.map`: `NAME:PROTOCOL,…`. */
export function parseProtocolMap(text: string): Map<string, SecurityProtocol> {
  const key = "listener.security.protocol.map";
  const protocols = new Map<string, SecurityProtocol>();
  for (const pair of text.split(",").map((part) => part.trim())) {
    if (pair === "") continue;
    const [name = "", protocol = ""] = pair.split(":").map((part) => part.trim().toUpperCase());
    if (!isSecurityProtocol(protocol)) {
      throw new ConfigError(
        `Invalid value ${text} for configuration ${key}: "${pair}" is not NAME:PROTOCOL with a protocol of ${[...securityProtocols].join(", ")}`,
      );
    }
    if (protocols.has(name))
      throw new ConfigError(`Invalid value ${text} for configuration ${key}: ${name} stands twice`);
    protocols.set(name, protocol);
  }
  return protocols;
}

/** One of `controller.quorum.voters`: `id@host:port`. */
export interface QuorumVoter {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

export function parseQuorumVoters(entries: readonly string[]): QuorumVoter[] {
  return entries.map((entry) => {
    const match = /^(\d+)@(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(entry);
    if (match === null) {
      throw new ConfigError(
        `Invalid value ${entry} for configuration controller.quorum.voters: each voter is written id@host:port`,
      );
    }
    return { id: Number(match[1]), host: match[2] ?? match[3] ?? "", port: Number(match[4]) };
  });
}
