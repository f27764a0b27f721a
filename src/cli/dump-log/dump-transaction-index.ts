import { readFileSync } from "node:fs";
import { readInt64 } from "../../base/int64.ts";
import { longText } from "../../protocol/message-json.ts";
import { ClientError } from "../client/kafka-error.ts";
import { fileError } from "./file-error.ts";
import { type NamedFile } from "./named-file.ts";
import { type Output } from "./output.ts";

const entrySizeBytes = 34;
const currentVersion = 0;

/** Prints the aborted transactions whose markers are in a segment. A file that is not there has none. */
export async function dumpTransactionIndex(file: NamedFile, output: Output): Promise<void> {
  void file.baseOffset;
  const bytes = bytesOf(file);
  const lines: string[] = [];
  for (let start = 0; start + entrySizeBytes <= bytes.length; start += entrySizeBytes) {
    // The version has two bytes; the tool looks at the first.
    const version = bytes.readInt8(start);
    if (version > currentVersion) {
      throw new ClientError(
        "org.apache.kafka.common.KafkaException",
        `Unexpected aborted transaction version ${version} in transaction index ${file.absolutePath}, current version is ${currentVersion}`,
      );
    }
    const [producerId, firstOffset, lastOffset, lastStableOffset] = [2, 10, 18, 26].map((at) =>
      longText(readInt64(bytes, start + at)),
    );
    lines.push(
      `version: ${version} producerId: ${producerId} firstOffset: ${firstOffset} lastOffset: ${lastOffset} lastStableOffset: ${lastStableOffset}`,
    );
  }
  for (const line of lines) output.line(line);
}

function bytesOf(file: NamedFile): Buffer {
  try {
    return readFileSync(file.absolutePath);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw fileError(error, file.path);
  }
}
