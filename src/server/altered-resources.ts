import { Errors } from "../protocol/errors.ts";
import { resourceKey, type AlteredResource } from "./config-changes.ts";
import { type ConfigFailure } from "./config-failure.ts";

interface ResourceAnswer {
  readonly errorCode?: number | undefined;
  readonly errorMessage?: string | null | undefined;
  readonly resourceType?: number | undefined;
  readonly resourceName?: string | undefined;
}

/**
 * The answer for each resource, in the order of the request: what was settled here (undefined: done, without an error),
 * else what the controller said.
 */
export function inOrderAsked<R extends AlteredResource>(
  asked: readonly R[],
  settled: ReadonlyMap<R, ConfigFailure | undefined>,
  controllers: readonly ResourceAnswer[],
): ResourceAnswer[] {
  const answers = new Map(
    controllers.map((answer) => [
      resourceKey({ resourceType: answer.resourceType ?? 0, resourceName: answer.resourceName ?? "" }),
      answer,
    ]),
  );
  return asked.map((resource) => {
    const { resourceType, resourceName } = resource;
    const answer: ResourceAnswer = settled.has(resource)
      ? (settled.get(resource) ?? {})
      : (answers.get(resourceKey(resource)) ?? { errorCode: Errors.UNKNOWN_SERVER_ERROR });
    return {
      errorCode: answer.errorCode ?? Errors.NONE,
      errorMessage: answer.errorMessage ?? null,
      resourceType,
      resourceName,
    };
  });
}
