import { type ConnectionInfo, type RequestContext } from "../../../src/server/handler.ts";

/** A request's context as a handler gets it, for tests that call handlers without a network. */
export function testContext(overrides: Partial<RequestContext> = {}): RequestContext {
  const connection: ConnectionInfo = {
    id: "127.0.0.1:9092-127.0.0.1:40000-0-0",
    listenerName: "PLAINTEXT",
    scope: "broker",
    peer: { host: "127.0.0.1", port: 40_000 },
    clientSoftwareName: "unknown",
    clientSoftwareVersion: "unknown",
  };
  return {
    apiKey: 0,
    apiVersion: 0,
    correlationId: 0,
    clientId: "test",
    listenerName: connection.listenerName,
    peer: connection.peer,
    connectionId: connection.id,
    clientSoftwareName: connection.clientSoftwareName,
    clientSoftwareVersion: connection.clientSoftwareVersion,
    connection,
    ...overrides,
  };
}
