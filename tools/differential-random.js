// `npm run differential:random`: random requests to a broker of ours and to Apache Kafka; `-- --help` has the flags.
import { runBundled } from "./run-bundled.js";

await runBundled("test/differential/random/main.ts");
