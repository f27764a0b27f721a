import { expect, test } from "vitest";
import { configResource } from "../../../../src/cli/configs/config-resources.ts";

test.each(["users", "clients", "ips"])("of %s it is told what there is not yet", (type) => {
  expect(() => configResource(type, "x")).toThrow(
    `The entity type ${type} is not supported by this tool yet: neither quotas (of users, clients and ips) nor SCRAM credentials`,
  );
});
