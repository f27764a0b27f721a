import { type Check } from "./config-key.ts";

const iso8601Duration = /^P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,9})?S)?)?$/i;

/** Where a share group starts: an end of the log, or `by_duration:` with an ISO 8601 duration (days to seconds). */
export const shareOffsetReset: Check = {
  allowed: "[latest, earliest, by_duration:PnDTnHnMn.nS]",
  problem: (name, value) => {
    if (typeof value !== "string" || value === "latest" || value === "earliest") return undefined;
    if (value.startsWith("by_duration:") && iso8601Duration.test(value.slice("by_duration:".length))) return undefined;
    return `Invalid value ${value} for configuration ${name}: Invalid value \`${value}\` for configuration ${name}. The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.`;
  },
};
