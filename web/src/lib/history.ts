// Changes of a lifecycle state as spans of time.

import type { StateChanges } from '../api/types';

export interface Span {
  /** Key of the state; null: in none. */
  state: string | null;
  from: string;
  to: string;
  /** Part of the whole, 0 to 1. */
  share: number;
}

/** The spans between changes, from the first change to `end`, oldest first. Changes after `end`
 * are left out. */
export function spansOf(changes: StateChanges['changes'], end: string): Span[] {
  const known = changes
    .filter((change) => Date.parse(change.at) <= Date.parse(end))
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const start = known[0]?.at;
  if (!start) return [];
  const whole = Math.max(Date.parse(end) - Date.parse(start), 1);
  return known.map((change, at) => {
    const to = known[at + 1]?.at ?? end;
    return { state: change.to ?? null, from: change.at, to, share: (Date.parse(to) - Date.parse(change.at)) / whole };
  });
}
