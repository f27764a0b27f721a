import { describeClient } from "../../support/clients/client-suite.ts";
import { kafkajsClient } from "./kafkajs-client.ts";

describeClient({
  name: "kafkajs",
  codecs: ["none", "gzip", "snappy", "lz4", "zstd"],
  open: async () => kafkajsClient(),
});
