import { type Job } from "../load/job.ts";
import { type Measured, runJob } from "./run-job.ts";
import { valueSizeBytes, type Session } from "./session.ts";

/** A job without the place where it runs. */
type Load<J extends Job = Job> = J extends Job ? Omit<J, "port" | "topic" | "valueSizeBytes"> : never;

/** Runs a load on a topic of its own, which is gone afterwards, and notes how busy the generator was. */
export function measure(session: Session, name: string, partitions: number, load: Load): Promise<Measured> {
  return session.withTopic(name, partitions, async (topic) => {
    const job = { ...load, port: session.port, topic, valueSizeBytes } as Job;
    const measured = await runJob(session.broker, job);
    session.noteGenerator(name, measured);
    return measured;
  });
}
