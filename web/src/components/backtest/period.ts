// The period of a backtest, from the days that are chosen to the instants that are asked for.

import type { Period } from '../../api/backtests';
import { instantOf } from '../../lib/zone';

interface Days {
  from: string;
  to: string;
}

/** Whether no day lies between them. */
export const wrongDays = ({ from, to }: Days): boolean => from === '' || to === '' || to <= from;

/** From the beginning of the first day on, before that of the last. What is still to come cannot be tried. */
export function periodOf({ from, to, assumed }: Days & { assumed: boolean }, { zone, now }: { zone: string; now: string }): Period {
  const end = instantOf(`${to}T00:00`, zone);
  return {
    from: instantOf(`${from}T00:00`, zone),
    to: Date.parse(end) > Date.parse(now) ? now : end,
    reachable: assumed ? 'assumed' : 'known',
  };
}
