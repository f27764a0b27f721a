import { describeClient } from "../support/clients/client-suite.ts";
import { prepareGo } from "./support/go.ts";
import { ProgramClient } from "./support/program-client.ts";
import { withTool } from "./support/tool-or-skip.ts";

await withTool("franz-go", prepareGo, (program) => {
  describeClient({
    name: "franz-go",
    codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
    open: async () => new ProgramClient(program, []),
  });
});
