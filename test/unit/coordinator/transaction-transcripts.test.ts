import { testScenarios } from "../../support/scenarios/scenarios.ts";
import { TransactionTranscript } from "./transaction-transcript.ts";

/*
 * Scenarios of transactions. Records are shown as `@offset version id producer:epoch status [partitions] details`, what goes to
 * the partitions as `marker`, answers as `verb#request response`.
 */
testScenarios(new URL("../../data/txn/", import.meta.url), (config) => new TransactionTranscript(config));
