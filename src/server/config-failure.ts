import { type ErrorCode } from "../protocol/errors.ts";

/** Why the configuration of one resource was not altered. */
export interface ConfigFailure {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string;
}
