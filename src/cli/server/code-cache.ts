import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

const digestSizeBytes = 32;

/**
 * The code cache of a source file, in the file beside it: `sha256(source, code) │ code`. V8 itself checks only its own
 * version and the source's length, and would crash on a damaged cache.
 */
export class CodeCache {
  readonly source: string;
  /** Undefined when there is none that fits. */
  readonly code: Buffer | undefined;
  readonly #sourceBytes: Buffer;
  readonly #file: string;

  constructor(sourceFile: string) {
    this.#sourceBytes = readFileSync(sourceFile);
    this.source = this.#sourceBytes.toString();
    this.#file = `${sourceFile}.cache`;
    this.code = this.#load();
  }

  #load(): Buffer | undefined {
    try {
      const content = readFileSync(this.#file);
      const code = content.subarray(digestSizeBytes);
      return this.#digest(code).equals(content.subarray(0, digestSizeBytes)) ? code : undefined;
    } catch {
      return undefined; // The first start, or not ours to read.
    }
  }

  store(code: Buffer): void {
    const unfinished = `${this.#file}.${process.pid}`;
    try {
      writeFileSync(unfinished, Buffer.concat([this.#digest(code), code]));
      renameSync(unfinished, this.#file);
    } catch {
      // An installation that may not be written to: every start compiles.
      rmSync(unfinished, { force: true });
    }
  }

  #digest(code: Buffer): Buffer {
    return createHash("sha256").update(this.#sourceBytes).update(code).digest();
  }
}
