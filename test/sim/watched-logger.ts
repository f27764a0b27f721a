import { type Logger } from "../../src/io/ports.ts";

/** Tells of what a broker logs as an error, and lets all through to the other. */
export function watchedLogger(logger: Logger, onError: (fields: object, message: string) => void): Logger {
  return {
    child: (component) => watchedLogger(logger.child(component), onError),
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => {
      logger.error(fields, message);
      onError(fields, message);
    },
  };
}
