import { testScenarios } from "./scenarios.ts";
import { Transcript } from "./transcript.ts";

/* Scenarios of groups. Records are shown as `@offset version record`, answers as `verb#request response`. */
testScenarios(new URL("../../data/groups/", import.meta.url), (config) => new Transcript(config));
