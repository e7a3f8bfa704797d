// The axis of an interval plot: where it begins and ends, and where it is marked; and how chances are written.

export interface Scale {
  low: number;
  high: number;
  ticks: number[];
  /** Where a value lies, from 0 to 1. */
  at: (value: number) => number;
}

/** Marks at least and, nearly, at most. */
const MARKS = 5;

/** An axis that holds all values and zero, marked at round numbers. */
export function scaleOf(values: number[]): Scale {
  const known = [0, ...values.filter(Number.isFinite)];
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const span = most - least || 0.01;
  const rough = span / MARKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const low = Math.floor(least / step) * step;
  const high = Math.ceil(most / step) * step || step;
  const n = Math.round((high - low) / step);
  const ticks = Array.from({ length: n + 1 }, (_, i) => Number((low + i * step).toPrecision(12)));
  return { low, high, ticks, at: (value) => (value - low) / (high - low) };
}

/** The smallest chance that is worth its digits. */
const LEAST = 0.0001;

/** A p-value as it is written: `p = 0.004`, `p < 0.0001`. Set apart from right-to-left text. */
export function chance(p: number): string {
  return `\u2066${p < LEAST ? `p < ${LEAST}` : `p = ${Number(p.toPrecision(2))}`}\u2069`;
}
