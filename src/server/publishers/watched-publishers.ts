import { type Publisher } from "../../metadata/publisher.ts";
import { type LoopWatch } from "../loop-watch.ts";

interface WatchedPublisher<Result> {
  readonly name: string;
  publish(...news: Parameters<Publisher["publish"]>): Result;
}

/** The same publishers: the log names the one that holds the event loop up. */
export function watchedPublishers<Result>(
  loopWatch: LoopWatch,
  publishers: readonly WatchedPublisher<Result>[],
): WatchedPublisher<Result>[] {
  return publishers.map((publisher) => ({
    name: publisher.name,
    publish: (...news) => loopWatch.run(`metadata: ${publisher.name}`, () => publisher.publish(...news)),
  }));
}
