import { type BrokerConfig } from "../config/broker-config.ts";
import { parseIpOverrides } from "../config/connection-limits.ts";
import { ConfigError } from "../config/config-key.ts";
import { type Endpoint } from "../config/endpoint.ts";
import { type SocketAddress } from "../io/ports.ts";
import { type ConnectionQuotaOptions, type ListenerQuota } from "./connection-quotas.ts";
import { defaultSocketServerOptions, type ListenerAddress, type SocketServerOptions } from "./socket-server.ts";

/** @throws ConfigError for a bad limit of a listener */
export function socketServerOptionsFrom(config: BrokerConfig): SocketServerOptions {
  return {
    ...defaultSocketServerOptions,
    listeners: config.listeners.map((endpoint) => listenerAddress(endpoint, config)),
    requestBytesMax: config.get("socket.request.max.bytes"),
    queuedRequestBytesMax: config.get("queued.max.request.bytes"),
    connectionIdleMsMax: config.get("connections.max.idle.ms"),
    waitingConnectionsMax: config.get("socket.listen.backlog.size"),
    quotas: quotasFrom(config),
  };
}

/**
 * The endpoints as clients are to see them: the port that was bound where 0 was asked for, and this machine's name where
 * every interface is bound.
 */
export function advertisedEndpoints(
  endpoints: readonly Endpoint[],
  bound: ReadonlyMap<string, SocketAddress>,
  localHostName: string,
): Endpoint[] {
  return endpoints.map((endpoint) => ({
    ...endpoint,
    host: endpoint.host === "" ? localHostName : endpoint.host,
    port: endpoint.port === 0 ? (bound.get(endpoint.name)?.port ?? 0) : endpoint.port,
  }));
}

function listenerAddress({ name, host, port }: Endpoint, config: BrokerConfig): ListenerAddress {
  const scope = config.controllerListenerNames.includes(name) ? "controller" : "broker";
  return { name, scope, address: { host, port } };
}

/** @throws ConfigError */
export function quotasFrom(config: BrokerConfig): ConnectionQuotaOptions {
  return {
    connectionsMax: config.get("max.connections"),
    connectionsPerIpMax: config.get("max.connections.per.ip"),
    perIpOverrides: parseIpOverrides(config.get("max.connections.per.ip.overrides")),
    creationRateMax: config.get("max.connection.creation.rate"),
    listeners: new Map(config.listeners.map(({ name }) => [name, listenerQuota(config, name)])),
    protectedListener: config.listeners.length > 1 ? config.interBrokerListenerName : undefined,
  };
}

function listenerQuota({ originals }: BrokerConfig, listener: string): ListenerQuota {
  const limit = (name: string): number => {
    const key = `listener.name.${listener.toLowerCase()}.${name}`;
    const text = originals.get(key);
    if (text === undefined) return Number.POSITIVE_INFINITY;
    if (/^\d+$/.test(text.trim())) return Number(text);
    throw new ConfigError(`Invalid value ${text} for configuration ${key}: Value must be at least 0`);
  };
  return { connectionsMax: limit("max.connections"), creationRateMax: limit("max.connection.creation.rate") };
}
