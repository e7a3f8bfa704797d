// What numbers of a report come to.

import type { JourneyStep, StepReport } from '../types';
import { MISSING, NEXT, UNREACHABLE, waysOf } from './graph';

export const sumOf = (counts: { count: number }[]) => counts.reduce((sum, { count }) => sum + count, 0);

/** The reason of whoever came to the end of a path. */
const COMPLETED = 'completed';

/**
 * How many went out of a step by one of its ways. Nothing: it cannot be told, as several ways end the journey there
 * and a report does not say by which of them people went.
 */
export function wentBy(step: JourneyStep, path: string, numbers: StepReport | undefined): number | null {
  if (!numbers) return 0;
  const ways = waysOf(step);
  const way = ways.find((one) => one.path === path);
  if (!way) return 0;
  // Whoever could not be sent a message goes the ordinary way where there is no other.
  const own = path === NEXT && !ways.some((one) => one.path === UNREACHABLE) ? [NEXT, UNREACHABLE] : [path];
  const moved = sumOf(numbers.moved.filter((one) => own.includes(one.path)));
  if (way.to !== undefined) return moved;
  const ends = ways.filter(({ to, path: name }) => to === undefined && name !== MISSING);
  return ends.length > 1 ? null : moved + sumOf(numbers.exited.filter(({ reason }) => reason === COMPLETED));
}
