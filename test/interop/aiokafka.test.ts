import { describeClient } from "../support/clients/client-suite.ts";
import { preparePython, pythonClient } from "./support/python.ts";
import { withTool } from "./support/tool-or-skip.ts";

await withTool("aiokafka", preparePython, (python) => {
  describeClient({
    name: "aiokafka",
    codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
    cannotDeleteGroups: true,
    open: async () => pythonClient(python, "aiokafka_client.py"),
  });
});
