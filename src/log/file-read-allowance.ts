/**
 * Reads of files are synchronous: nothing else runs meanwhile. A client that lags on fifty partitions asks for 50 MB, and
 * gets the rest with its next requests.
 */
const bytesPerFetch = 4_194_304;

/** What one fetch may read from files, all its partitions together, before others have their turn. */
export class FileReadAllowance {
  leftBytes: number;
  /** A read got less than it asked for, or nothing, although there is more: waiting would bring nothing. */
  wasShort = false;

  constructor(leftBytes = bytesPerFetch) {
    this.leftBytes = leftBytes;
  }
}
