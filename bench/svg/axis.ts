export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface Axis {
  readonly ticks: readonly Tick[];
  place(value: number): number;
}

/** From here on, equal steps would press the small values flat. */
const logarithmicFrom = 30;
const ticksWanted = 4;

/** An axis from pixel `start` to pixel `end`. A linear one begins at 0. */
export function axisOf(values: readonly number[], start: number, end: number, isAlwaysLogarithmic: boolean): Axis {
  const min = Math.min(...values);
  const max = Math.max(...values);
  const isLogarithmic = isAlwaysLogarithmic || (min > 0 && max / min >= logarithmicFrom);
  return isLogarithmic ? logarithmic(min, max, start, end) : linear(max, start, end);
}

function logarithmic(min: number, max: number, start: number, end: number): Axis {
  const first = Math.floor(Math.log10(min) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(max) - 1e-9));
  const place = (value: number): number => start + ((Math.log10(value) - first) / (last - first)) * (end - start);
  const powers = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  return { place, ticks: powers.map((value) => ({ at: place(value), label: shortNumber(value) })) };
}

function linear(max: number, start: number, end: number): Axis {
  const step = stepOf(max / ticksWanted);
  const top = Math.max(1, Math.ceil(max / step - 1e-9)) * step;
  const place = (value: number): number => start + (value / top) * (end - start);
  const count = Math.round(top / step) + 1;
  const ticks = Array.from({ length: count }, (_, index) => ({
    at: place(index * step),
    label: shortNumber(index * step),
  }));
  return { place, ticks };
}

/** 1, 2 or 5 times a power of ten, at least as large as asked for. */
function stepOf(wanted: number): number {
  if (!(wanted > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * ([1, 2, 5].find((factor) => factor * power >= wanted * (1 - 1e-9)) ?? 10);
}

/** 1,500 → 1.5 k; 0.25 → 0.25 */
export function shortNumber(value: number): string {
  const [divisor, suffix] = value >= 1e6 ? [1e6, " M"] : value >= 1e3 ? [1e3, " k"] : [1, ""];
  return `${Number((value / divisor).toPrecision(3))}${suffix}`;
}
