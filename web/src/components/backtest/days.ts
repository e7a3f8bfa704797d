// Days of a backtest.

import type { BacktestResult } from '../../api/backtests';

type Day = BacktestResult['days'][number];

/** From the first day on which anything happened to the last, with the days between on which nothing did. */
export function everyDay(days: Day[]): Day[] {
  const known = new Map(days.map((day) => [day.day, day]));
  const inOrder = [...known.keys()].toSorted();
  const [first, last] = [inOrder[0], inOrder.at(-1)];
  if (first === undefined || last === undefined) return [];
  const all: Day[] = [];
  const date = new Date(`${first}T00:00:00Z`);
  for (let day = first; day <= last; day = date.toISOString().slice(0, 10)) {
    all.push(known.get(day) ?? { day, entered: 0, held_out: 0 });
    date.setUTCDate(date.getUTCDate() + 1);
  }
  return all;
}
