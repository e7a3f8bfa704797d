// Definitions the dashboard writes itself, in JSON form.

import type { Json } from '../api/types';

/** Everyone in one lifecycle state. `none` is everyone in no state. */
export function inState(key: string, allStates: string[]): Json {
  if (key !== 'none') return { type: 'lifecycle', is: [key] };
  return { type: 'not', of: { type: 'lifecycle', is: allStates.filter((state) => state !== 'none') } };
}

/** Everyone in one RFM group. `inactive` is everyone without a score. */
export function inGroup(key: string, allGroups: string[]): Json {
  if (key !== 'inactive') return { type: 'rfm', is: [key] };
  return { type: 'not', of: { type: 'rfm', is: allGroups.filter((group) => group !== 'inactive') } };
}

/** Everyone in one cell of the RFM grid. */
export function inCell(r: number, f: number): Json {
  return { type: 'rfm', r: [r, r], f: [f, f] };
}

/** Everyone with any event in the last while. */
export function activeInLast(span: string): Json {
  return { type: 'event', event: '*', within: { last: span }, op: 'ge', value: 1 };
}

/** Everyone whose first event fell in the last while. */
export function newInLast(span: string): Json {
  return {
    type: 'all',
    of: [activeInLast(span), { type: 'event', event: '*', within: { before_last: span }, op: 'lt', value: 1 }],
  };
}
