import { describeClient } from "../support/clients/client-suite.ts";
import { preparePython, pythonClient } from "./support/python.ts";
import { withTool } from "./support/tool-or-skip.ts";

await withTool("confluent-kafka", preparePython, (python) => {
  describeClient({
    name: "confluent-kafka",
    protocols: ["classic", "consumer"],
    codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
    open: async () => pythonClient(python, "confluent_kafka_client.py"),
  });
});
