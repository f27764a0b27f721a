import { type Controller } from "../../controller/controller.ts";
import { type Handler } from "../handler.ts";

/**
 * Changes the finalised levels of features, metadata.version among them; the controller checks and decides.
 *
 * - v1: dry runs, and downgrades by kind (safe or unsafe).
 * - v2: all or nothing, so no result for each feature.
 */
export function updateFeaturesHandler(controller: Pick<Controller, "updateFeatures">): Handler<"updateFeatures"> {
  return { api: "updateFeatures", handle: (request) => controller.updateFeatures(request) };
}
