import { describeClient } from "../support/clients/client-suite.ts";
import { javaClient, prepareJava } from "./support/java.ts";
import { withTool } from "./support/tool-or-skip.ts";

await withTool("Java clients", prepareJava, (java) => {
  describeClient({
    name: "Java clients",
    protocols: ["classic", "consumer"],
    codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
    open: async () => javaClient(java),
  });
});
