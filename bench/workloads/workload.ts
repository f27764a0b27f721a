import { type Session } from "../harness/session.ts";

/** Something that is measured on a broker that runs. */
export interface Workload {
  readonly name: string;
  run(session: Session): Promise<void>;
}
