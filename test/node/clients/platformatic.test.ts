import zlib from "node:zlib";
import { describeClient } from "../../support/clients/client-suite.ts";
import { platformaticClient } from "./platformatic-client.ts";

/** Its zstd is that of Node, from 22.15 on. */
const hasZstd = "zstdCompressSync" in zlib;

describeClient({
  name: "@platformatic/kafka",
  codecs: ["none", "gzip", "snappy", "lz4", ...(hasZstd ? ["zstd" as const] : [])],
  open: async () => platformaticClient(),
});
