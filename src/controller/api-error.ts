import { type ErrorCode, Errors } from "../protocol/errors.ts";

/** Why one item of a request was refused: a value, not an exception. */
export class ApiError {
  readonly code: ErrorCode;
  /** null leaves the wording to the client. */
  readonly message: string | null;

  constructor(code: ErrorCode, message: string | null) {
    this.code = code;
    this.message = message;
  }
}

/** The two fields that every answer has. */
export function errorFields(error: ApiError | undefined): { errorCode: ErrorCode; errorMessage: string | null } {
  return { errorCode: error?.code ?? Errors.NONE, errorMessage: error?.message ?? null };
}
