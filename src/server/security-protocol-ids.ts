import { type SecurityProtocol } from "../config/endpoint.ts";

/** Kafka's ids of the security protocols, as registrations carry them. */
export const securityProtocolIds: Readonly<Record<SecurityProtocol, number>> = {
  PLAINTEXT: 0,
  SSL: 1,
  SASL_PLAINTEXT: 2,
  SASL_SSL: 3,
};
