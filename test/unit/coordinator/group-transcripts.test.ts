import { testScenarios } from "../../support/scenarios/scenarios.ts";
import { GroupTranscript } from "./group-transcript.ts";

/* Scenarios of groups. Records are shown as `@offset version record`, answers as `verb#request response`. */
testScenarios(new URL("../../data/groups/", import.meta.url), (config) => new GroupTranscript(config));
