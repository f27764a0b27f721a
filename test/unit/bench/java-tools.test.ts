import { expect, it } from "vitest";
import { consumerFigures, producerFigures } from "../../../bench/workloads/java-tools.ts";

it("the producer's figures are those behind the warm-up", () => {
  const output = `1000 records sent, 900.0 records/sec (0.09 MB/sec), 70.0 ms avg latency, 90.00 ms max latency, 70 ms 50th, 80 ms 95th, 88 ms 99th, 90 ms 99.9th.
600 steady state records sent, 1234.567890 records/sec (0.12 MB/sec), 50.20 ms avg latency, 69.00 ms max latency, 51 ms 50th, 66 ms 95th, 68 ms 99th, 69 ms 99.9th.
`;
  expect(producerFigures(output)).toEqual({ perSecond: 1234.56789, p99Ms: 68 });
  expect(() => producerFigures("nothing")).toThrow("nothing");
});

it("the consumer's figures leave out the time of joining", () => {
  const line =
    "2026-11-21 08:06:30:123, 2026-11-21 08:06:35:123, 100.0000, 20.0000, 1000000, 200000.0000, 3000, 2000, 50.0000, 500000.0000\n";
  expect(consumerFigures(line)).toEqual({ megabytes: 104.8576, megabytesPerSecond: 52.4288 });
  expect(() => consumerFigures("no, figures")).toThrow("no, figures");
});
