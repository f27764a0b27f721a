import { testScenarios } from "../../support/scenarios/scenarios.ts";
import { PartitionTranscript } from "./partition-transcript.ts";

/* Scenarios of one partition: `produce id/epoch/sequence`, `marker id/epoch commit|abort`, a coordinator that verifies. */
testScenarios(new URL("../../data/partitions/", import.meta.url), (config) => new PartitionTranscript(config));
