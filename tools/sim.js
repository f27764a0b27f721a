// `npm run sim`: seeds over the simulated disk, as many as you like; `npm run sim -- --help` has the flags.
import { runBundled } from "./run-bundled.js";

await runBundled("test/sim/main.ts");
