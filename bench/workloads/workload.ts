import { type Session } from "../harness/session.ts";

/** Something that is measured on a broker that runs. */
export interface Workload {
  readonly name: string;
  /** Whether the broker must not have done any work before. */
  readonly isBeforeWarmUp?: boolean;
  /** Whether it writes gigabytes, for which the machine's memory has to be warm. */
  readonly isHeavyWriter?: boolean;
  run(session: Session): Promise<void>;
}
