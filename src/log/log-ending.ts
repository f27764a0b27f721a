import { DiskError } from "../io/ports.ts";
import { type LogFlusher } from "./log-flusher.ts";
import { type LogStorage } from "./log-storage.ts";

// The ways in which a log ends. What is being compacted is given up first: it must not come into what is left.

/**
 * Makes all of it durable, so that the next start needs no recovery, and closes the files. Throws when the disk fails.
 * @throws DiskError when the system is short of descriptors: the log is open, and it is worth another try
 */
export function closeInOrder(storage: LogStorage, flusher: LogFlusher): void {
  if (storage.isClosed) return;
  storage.cleaning?.abort();
  storage.isClosed = true;
  try {
    if (!storage.isOffline) saveAll(storage, flusher);
  } catch (thrown) {
    const error = DiskError.from(thrown);
    // An fsync without memory has failed, and after another one that succeeds nothing may be durable.
    if (error.code === "ENOMEM") throw new DiskError("EIO", `${storage.name} could not be closed: ${error.message}`);
    if (error.isShortage) storage.isClosed = false;
    throw error;
  }
  storage.closeFiles();
}

function saveAll(storage: LogStorage, flusher: LogFlusher): void {
  storage.writeBehind.writeAll();
  storage.segments.active.closeInOrder();
  if (!storage.isSnapshotCurrent) storage.producerSnapshots.write(storage.endOffset);
  // Last, so that the names of these files are durable too.
  flusher.flushSync();
}

/** Stops serving it as it is: what was not written is lost. */
export function abandon(storage: LogStorage): void {
  storage.cleaning?.abort();
  storage.isClosed = true;
  storage.tail.clear();
  storage.closeFiles();
}

/** Its log directory failed elsewhere: nothing here is relied on any more. `goOffline` is to follow, in a turn to come. */
export function stopServing(storage: LogStorage): void {
  storage.isOffline = true;
  storage.cleaning?.abort();
}

/** As `stopServing`, and closes the files: the volume can be taken away. */
export function goOffline(storage: LogStorage): void {
  stopServing(storage);
  try {
    storage.closeFiles();
  } catch (error) {
    storage.logger.debug({ error, log: storage.name }, "A file of a log that is offline could not be closed");
  }
}
