import { DiskError } from "../io/ports.ts";

/**
 * What relies on a disk, and is taken offline when that fails: a log, or a log directory with its logs. Whatever is thrown
 * that is no failure of the disk is a bug, and goes on.
 *
 * A lack of descriptors or memory is the process's matter, and passes. Of what it may leave half done it counts as a failure
 * all the same (`guard`); what leaves nothing half done is tried again by the caller (`guardUnlessShort`), or let be
 * (`attempt`).
 */
export abstract class DiskUser {
  /** The disk has failed: nothing here is relied on any more. */
  isOffline = false;

  /** Does what relies on the disk; false when that has failed, now or before. */
  guard(act: () => void): boolean {
    try {
      act();
    } catch (error) {
      this.fail(error);
    }
    return !this.isOffline;
  }

  /**
   * As `guard`, for what leaves nothing half done.
   * @throws DiskError when the system is short of descriptors or memory: it is worth another try
   */
  guardUnlessShort(act: () => void): boolean {
    try {
      act();
    } catch (error) {
      if (error instanceof DiskError && error.isShortage) throw error;
      this.fail(error);
    }
    return !this.isOffline;
  }

  /** As `guard`, for what leaves nothing half done; false for want of something, too. */
  attempt(act: () => void): boolean {
    try {
      act();
    } catch (error) {
      this.refuse(error);
      return false;
    }
    return !this.isOffline;
  }

  /** As `fail`, but a lack of descriptors or memory is only told of: a storm of connections may have taken them all. */
  refuse(error: unknown): void {
    if (error instanceof DiskError && error.isShortage) this.onShortage(error);
    else this.fail(error);
  }

  /** Takes it offline after a failure of the disk. */
  fail(thrown: unknown): void {
    const error = DiskError.from(thrown);
    if (this.isOffline) return;
    this.isOffline = true;
    this.onFailed(error);
  }

  /** Called once. */
  protected abstract onFailed(error: DiskError): void;

  protected abstract onShortage(error: DiskError): void;
}
