/** What one round of cleaning did. */
export class CleanerCounts {
  /** Of the dirty part, to fill the offset map. */
  mapBytesRead = 0;
  mapRecordsRead = 0;
  bytesRead = 0;
  recordsRead = 0;
  bytesWritten = 0;
  recordsKept = 0;
  recordsWithoutKey = 0;
  /** How full the offset map was, of what it may hold: 0 to 1. */
  mapUtilization = 0;
}
