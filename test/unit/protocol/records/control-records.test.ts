import { describe, expect, it } from "vitest";
import { BatchView } from "../../../../src/protocol/records/batch-header.ts";
import {
  controlRecord,
  ControlType,
  parseControlRecord,
  type ControlRecord,
} from "../../../../src/protocol/records/control-records.ts";
import { InvalidRecordError } from "../../../../src/protocol/records/errors.ts";
import { payloadOf, recordsOf } from "../../../../src/protocol/records/record-iterator.ts";
import { javaBatch } from "./java-batches.ts";

const zero = "AAAAAAAAAAAAAAAAAAAAAA";

const expected: [fixture: string, records: ControlRecord[]][] = [
  ["control: COMMIT", [{ type: ControlType.COMMIT, coordinatorEpoch: 9 }]],
  ["control: ABORT", [{ type: ControlType.ABORT, coordinatorEpoch: 9 }]],
  [
    "control: LEADER_CHANGE",
    [
      {
        type: ControlType.LEADER_CHANGE,
        message: {
          version: 0,
          leaderId: 1,
          voters: [
            { voterId: 1, voterDirectoryId: zero },
            { voterId: 2, voterDirectoryId: zero },
          ],
          grantingVoters: [{ voterId: 1, voterDirectoryId: zero }],
        },
      },
    ],
  ],
  [
    "control: snapshot",
    [
      { type: ControlType.SNAPSHOT_HEADER, message: { version: 0, lastContainedLogTimestamp: 1_699_999_999_999 } },
      { type: ControlType.KRAFT_VERSION, message: { version: 0, kRaftVersion: 1 } },
      {
        type: ControlType.KRAFT_VOTERS,
        message: {
          version: 0,
          voters: [
            {
              voterId: 1,
              voterDirectoryId: "3Dz_vFHqQOmvCRkLkDYxGg",
              endpoints: [{ name: "CONTROLLER", host: "localhost", port: 9093 }],
              kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
            },
          ],
        },
      },
      { type: ControlType.SNAPSHOT_FOOTER, message: { version: 0 } },
    ],
  ],
];

describe.each(expected)("%s", (fixture, records) => {
  const batch = new BatchView(javaBatch(fixture).bytes, 0);
  const written = [...recordsOf(batch, payloadOf(batch))];

  it("is read", () => {
    expect(batch.isControl).toBe(true);
    expect(written.map(({ key, value }) => parseControlRecord(key, value))).toEqual(records);
  });

  it("is written, byte for byte", () => {
    expect(records.map(controlRecord)).toEqual(written.map(({ key, value }) => ({ key, value })));
  });
});

describe("control records", () => {
  it("of a type that Kafka 4.3 does not have are passed over", () => {
    expect(parseControlRecord(Buffer.from("00000063", "hex"), null)).toBeUndefined();
  });

  it("that are malformed are refused", () => {
    const { key, value } = controlRecord({ type: ControlType.COMMIT, coordinatorEpoch: 1 });
    expect(() => parseControlRecord(null, value)).toThrow(InvalidRecordError);
    expect(() => parseControlRecord(key.subarray(0, 3), value)).toThrow("Must have at least 4 bytes, but found only 3");
    expect(() => parseControlRecord(Buffer.from("ffff0001", "hex"), value)).toThrow("Invalid version");
    expect(() => parseControlRecord(key, null)).toThrow(InvalidRecordError);
    expect(() => parseControlRecord(key, value.subarray(0, 4))).toThrow(InvalidRecordError);
  });
});
