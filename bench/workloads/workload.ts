import { type Session } from "../harness/session.ts";

/** Something that is measured on a broker that runs. */
export interface Workload {
  readonly name: string;
  /** Whether the broker must not have done any work before. */
  readonly isBeforeWarmUp?: boolean;
  run(session: Session): Promise<void>;
}
