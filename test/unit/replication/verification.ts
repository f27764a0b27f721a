import { type ErrorCode, Errors } from "../../../src/protocol/errors.ts";
import {
  TransactionVerification,
  type VerificationRequest,
} from "../../../src/replication/transaction-verification.ts";
import { type ManualTime } from "../../support/manual-time.ts";

/** Verification by a coordinator that says what the test wants: yes, unless it is told otherwise. */
export function openVerification(
  time: ManualTime,
  answer: (request: VerificationRequest) => ErrorCode | Promise<ErrorCode> = () => Errors.NONE,
  isEnabled: () => boolean = () => true,
): { readonly verification: TransactionVerification; readonly asked: VerificationRequest[] } {
  const asked: VerificationRequest[] = [];
  const verification = new TransactionVerification({
    verifier: {
      addOrVerify: async (request) => {
        asked.push(request);
        const code = await answer(request);
        return request.partitions.map(() => code);
      },
    },
    clock: time,
    timers: time,
    isEnabled,
    retryBackoffMs: 20,
    retryMsMax: 100,
  });
  return { verification, asked };
}
