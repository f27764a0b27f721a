/** A figure that grows with something: one chart and one table each. */
export interface Curve {
  /** Over its panel of the chart. */
  readonly title: string;
  readonly label: string;
  readonly xLabel: string;
  readonly unit: string;
  readonly digits: number;
}

const singles = "one-record requests, acks=all";

export const curves = {
  "partitions.perSecond": {
    title: "Throughput",
    label: `Throughput, ${singles}`,
    xLabel: "partitions",
    unit: "requests/s",
    digits: 0,
  },
  "partitions.cpuMicroseconds": {
    title: "Broker CPU",
    label: `Broker CPU, ${singles}`,
    xLabel: "partitions",
    unit: "µs a request",
    digits: 1,
  },
  "partitions.p50": {
    title: "End to end, p50",
    label: "End to end at 500 records/s, one consumer of all partitions, p50",
    xLabel: "partitions",
    unit: "ms",
    digits: 2,
  },
  "partitions.p99": {
    title: "End to end, p99",
    label: "End to end at 500 records/s, one consumer of all partitions, p99",
    xLabel: "partitions",
    unit: "ms",
    digits: 2,
  },
  "connections.perSecond": {
    title: "Throughput",
    label: `Throughput, ${singles}`,
    xLabel: "connections",
    unit: "requests/s",
    digits: 0,
  },
  "connections.cpuMicroseconds": {
    title: "Broker CPU",
    label: `Broker CPU, ${singles}`,
    xLabel: "connections",
    unit: "µs a request",
    digits: 1,
  },
  "connections.p50": {
    title: "End to end, p50",
    label: "End to end at 500 records/s from so many producers, p50",
    xLabel: "connections",
    unit: "ms",
    digits: 2,
  },
  "connections.p99": {
    title: "End to end, p99",
    label: "End to end at 500 records/s from so many producers, p99",
    xLabel: "connections",
    unit: "ms",
    digits: 2,
  },
} as const satisfies Record<string, Curve>;

export type CurveName = keyof typeof curves;
export const curveNames = Object.keys(curves) as CurveName[];
export const curveOf: Readonly<Record<CurveName, Curve>> = curves;
