import { type Terminal } from "../command/terminal.ts";
import { dumpLogFile } from "./dump-log-file.ts";
import { dumpOffsetIndex } from "./dump-offset-index.ts";
import { dumpProducerSnapshot } from "./dump-producer-snapshot.ts";
import { dumpTimeIndex } from "./dump-time-index.ts";
import { dumpTransactionIndex } from "./dump-transaction-index.ts";
import { type DumpLogOptions } from "./dump-log-options.ts";
import { Findings } from "./findings.ts";
import { NamedFile } from "./named-file.ts";
import { Output } from "./output.ts";

/**
 * Prints each file that the command line names, and at the end what is wrong with them.
 * @throws ClientError for a file that cannot be read; those before it are printed, and nothing is said of them
 */
export async function dumpFiles(options: DumpLogOptions, terminal: Terminal): Promise<void> {
  const output = new Output(terminal);
  const findings = new Findings();
  try {
    for (const path of pathsIn(options.value("files") ?? "")) {
      await dumpFile(new NamedFile(path), options, output, findings);
      if (output.isReaderGone) return;
    }
  } finally {
    output.flush();
  }
  terminal.printError(findings.text());
}

/** Java's `split`: empty names at the end are left out. */
function pathsIn(list: string): string[] {
  return list.replace(/(?<=[^]),+$/, "").split(",");
}

async function dumpFile(file: NamedFile, options: DumpLogOptions, output: Output, findings: Findings): Promise<void> {
  output.line(`Dumping ${file.path}`);
  switch (file.suffix) {
    case ".log":
    case ".checkpoint":
      return dumpLogFile(file, options, output, findings);
    case ".index":
      return dumpOffsetIndex(file, options, output, findings);
    case ".timeindex":
      return dumpTimeIndex(file, options, output, findings);
    case ".snapshot":
      return dumpProducerSnapshot(file, output);
    case ".txnindex":
      return dumpTransactionIndex(file, output);
    default:
      return output.error(`Ignoring unknown file ${file.path}`);
  }
}
