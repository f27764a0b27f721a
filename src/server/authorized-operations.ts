/** Bits of the operations that a resource knows: what a caller may do when there is no authorizer. */
const operation = {
  read: 1 << 3,
  write: 1 << 4,
  create: 1 << 5,
  delete: 1 << 6,
  alter: 1 << 7,
  describe: 1 << 8,
  clusterAction: 1 << 9,
  describeConfigs: 1 << 10,
  alterConfigs: 1 << 11,
  idempotentWrite: 1 << 12,
} as const;

/** What the field says when the client did not ask. */
export const operationsNotAsked = -2_147_483_648;

export const allTopicOperations =
  operation.read |
  operation.write |
  operation.create |
  operation.delete |
  operation.alter |
  operation.describe |
  operation.describeConfigs |
  operation.alterConfigs;

export const allGroupOperations =
  operation.read | operation.describe | operation.delete | operation.describeConfigs | operation.alterConfigs;

export const allClusterOperations =
  operation.create |
  operation.clusterAction |
  operation.describeConfigs |
  operation.alterConfigs |
  operation.idempotentWrite |
  operation.alter |
  operation.describe;
