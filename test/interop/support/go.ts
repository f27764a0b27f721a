import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runTool } from "../../support/run-tool.ts";
import { cached } from "../../support/tool-cache.ts";
import { sourcesOf } from "./sources.ts";

const sources = fileURLToPath(new URL("../go/", import.meta.url));

/** Path of the built client program; go.sum pins what it is made from. */
export async function prepareGo(): Promise<string> {
  const folder = await cached("go", sourcesOf(sources), async (output) => {
    await runTool("go", ["build", "-buildvcs=false", "-o", join(output, "client"), "."], {
      cwd: sources,
      env: { CGO_ENABLED: "0" },
    });
  });
  return join(folder, "client");
}
