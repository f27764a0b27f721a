import { describeClient } from "../support/clients/client-suite.ts";
import { preparePython, pythonClient } from "./support/python.ts";
import { withTool } from "./support/tool-or-skip.ts";

await withTool("kafka-python", preparePython, (python) => {
  describeClient({
    name: "kafka-python",
    codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
    open: async () => pythonClient(python, "kafka_python_client.py"),
  });
});
